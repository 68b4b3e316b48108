"""The demo's own sentences, in both languages; labels are in the locale tables."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["SENTENCES", "sentence"]

SENTENCES: Mapping[str, tuple[str, str]] = {
    "title": (
        "A small company's {month}, lived on a virtual clock (seed {seed})",
        "一家小公司的 {month}，以虚拟时钟运行（种子 {seed}）",
    ),
    "counts": (
        "{entities} entities, {records} journal records, {fired} timers fired; kept in {file}",
        "{entities} 个实体，{records} 条日志记录，{fired} 次定时器触发；保存在 {file}",
    ),
    "lanes": ("The month at a glance", "全月一览"),
    "legend": (
        "● begins  ━ goes on  ! misses a deadline  ■ reaches its end  ✗ is lost or dropped",
        "● 开始   ━ 进行中   ! 超时   ■ 办结   ✗ 丢单或放弃",
    ),
    "timeline": ("What happened", "大事记"),
    "deadlines": ("Deadlines", "时限"),
    "deadline": ("deadline", "时限"),
    "kept": ("kept", "按时"),
    "missed": ("missed", "超时"),
    "running": ("running", "进行中"),
    "overdue": ("Overdue on {day}, {time}", "截至 {day} {time} 的超时事项"),
    "what": ("what", "事项"),
    "entity": ("entity", "实体"),
    "who": ("for", "责任角色"),
    "since": ("since", "起始"),
    "late": ("late by", "已超时"),
    "hours": ("{hours} h", "{hours} 小时"),
    "refused": ("Why an event is refused", "为何拒绝一个事件"),
    "asked": (
        "{actor} asks to {event} {entity}; nothing is changed and every reason is given:",
        "{actor} 请求对{entity} 执行“{event}”；数据不变，并列出全部原因：",
    ),
    "waiting": (
        "Messages wait in the outbox for machines that are not switched on: {machines}",
        "发件箱中有消息在等待尚未启用的流程：{machines}",
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
