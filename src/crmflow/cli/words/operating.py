"""The Chinese of bulk firing, pauses and newer definitions."""

from __future__ import annotations

from collections.abc import Mapping

OPERATING: Mapping[str, str] = {
    "One event on many entities.": "对大量实体触发同一事件。",
    "Fire an event on the entities of a machine; exit with 4 where one is refused.": (
        "对状态机的实体触发事件；有实体被拒绝时以 4 退出。"
    ),
    "This entity, in place of a filter; repeat for more.": "指定实体，代替筛选条件；可重复。",
    "Name of this firing; the same again goes on where it ended.": (
        "本次批量触发的名称；用同一名称再次运行即从中断处继续。"
    ),
    "Do not ask first.": "不再询问确认。",
    "Fire {event} on {n} entities?": "对 {n} 个实体触发 {event}？",
    "--key {key} goes on with this firing, should it end early.": (
        "若中途结束，可用 --key {key} 继续本次触发。"
    ),
    "--id stands in place of --state and --where": "--id 代替 --state 与 --where，不能同时使用",
    "Not moved": "未变动的实体",
    "Let an entity stand still, its deadlines with it.": "暂停实体，其时限一并停住。",
    "Let an entity go on with what remained of its time.": "解除实体的暂停，剩余时间继续计算。",
    "Let all entities of a machine stand still, their deadlines too.": (
        "暂停状态机的全部实体，时限一并停住。"
    ),
    "Let the entities of a machine go on.": "解除状态机的暂停。",
    "Bring all entities to today's definition; exit with 1 where one cannot.": (
        "将全部实体升级到当前流程定义；有实体无法升级时以 1 退出。"
    ),
    "Entities of other versions": "其他版本的实体",
    "Pauses": "暂停",
    "Frozen": "停住的定时器",
    "unmoved": "未变动",
    "seen": "总数",
    "refused": "被拒绝",
    "faults": "问题",
    "lost": "丢失的信息",
    "gone": "结束的任务与定时器",
    "migrated": "已升级",
    "failing": "无法升级",
    "first": "首个实体",
}
"""Help, messages and headings."""
