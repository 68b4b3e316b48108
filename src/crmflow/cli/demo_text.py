"""The demo's own sentences, in both languages; labels are in the locale tables."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["SENTENCES", "sentence"]

SENTENCES: Mapping[str, tuple[str, str]] = {
    "title": (
        "A customer's life: a busy year, a year of silence, and a return",
        "一位客户的历程：忙碌的一年、沉寂的一年与回归",
    ),
    "counts": (
        "{entities} entities, {records} records, {fired} timers, {letters} letters; kept in {file}",
        "{entities} 个实体，{records} 条记录，{fired} 次定时器，{letters} 份函件；保存在 {file}",
    ),
    "chapter": ("{number}. {title}", "{number}. {title}"),
    "day_of_year": ("{day} {year}", "{year} 年 {day}"),
    "often": (" {times} times in all.", "（共 {times} 次）"),
    "kept_in_time": ("in time: {deadline}", "按时：{deadline}"),
    "lanes": ("At a glance", "全程一览"),
    "legend": (
        "● begins  ━ goes on  ! misses a deadline  ■ ends",
        "● 开始   ━ 进行中   ! 超时   ■ 办结",
    ),
    "open": ("{count} open", "未结 {count}"),
    "deadlines": ("Deadlines", "时限"),
    "deadline": ("deadline", "时限"),
    "kept": ("kept", "按时"),
    "missed": ("missed", "超时"),
    "running": ("running", "进行中"),
    "wait": (" (a wait)", "（等待期）"),
    "figures": ("Figures against their targets", "指标与目标"),
    "figure_label": ("indicator", "指标"),
    "figure_period": ("period", "期间"),
    "figure_value": ("value", "实际值"),
    "figure_target": ("target", "目标"),
    "figure_met": ("met", "达标"),
    "yes": ("yes", "是"),
    "no": ("no", "否"),
    "refused": ("Why an event is refused", "为何拒绝一个事件"),
    "asked": (
        "{actor} asks to {event} {entity}; nothing is changed and every reason is given:",
        "{actor} 请求对{entity} 执行“{event}”；数据不变，并列出全部原因：",
    ),
    "further": ("Look further", "继续查看"),
}


def sentence(name: str, lang: str, **values: object) -> str:
    """
    Return a sentence.

    Args:
        name: A key of `SENTENCES`.
        lang: `en` or `zh`.
        values: What its braces name.
    """
    english, chinese = SENTENCES[name]
    return (chinese if lang == "zh" else english).format(**values)
