"""The Chinese of `crmflow policy backtest` and `crmflow policy preview`."""

from __future__ import annotations

from collections.abc import Mapping

JUDGING: Mapping[str, str] = {
    "Tell what journals would have come to under other policies.": (
        "说明若采用其他策略，已有记录本会得出什么结果。"
    ),
    "An event log in place of the store.": "用事件日志代替存储库。",
    "What the log's columns mean.": "说明日志各列含义的文件。",
    "With this file in place of the company's own.": "用此文件代替公司自有配置文件。",
    "With this shipped profile in place of today's.": "用此内置配置方案代替现行方案。",
    "With this plugin too; repeat.": "另加此插件；可重复。",
    "The others judge from then on.": "自此时刻起由其他策略裁定。",
    "Nothing later is looked at.": "不看此后的记录。",
    "This entity only; needs one --machine.": "只看此实体；须给出一个 --machine。",
    "Each entity's differences too.": "同时列出每个实体的差异。",
    "Exit with 1 on these.": "出现这些差异时以 1 退出。",
    "Tell what other policies or people would do to what is open.": (
        "说明其他策略或人员会使未结实体发生什么变化。"
    ),
    "With these people.": "采用此人员目录。",
    "When it is to come; else now.": "变更生效的时刻；默认为现在。",
    "It reaches an entity with its next event, or at once by `crmflow plugin attach`.": (
        "变更在实体的下一个事件时生效，或用 `crmflow plugin attach` 立即生效。"
    ),
    "Changes": "变化",
    "it keeps what was promised": "按开始时的约定",
    "the entity stands still": "实体已暂停",
    "its row is gone": "已无此行",
    "changed": "有变化",
    "effect": "影响",
    "What cannot be known": "无从得知的",
    "Refusals of then are in no journal, and people who see another deadline act otherwise: "
    "neither can be told.": (
        "当时被拒绝的操作不在记录中，看到不同时限的人也会另行其事：两者都无法推知。"
    ),
    "say what would be other: --with, --with-profile or --with-plugin": (
        "请说明要改变什么：--with、--with-profile 或 --with-plugin"
    ),
    "--until must be later than --since": "--until 须晚于 --since",
    "an id is of one machine: give --machine once": "标识属于某一状态机：请只给出一个 --machine",
    "a log needs its mapping, and a mapping its log: --log and --mapping": (
        "日志与其映射文件须同时给出：--log 与 --mapping"
    ),
    "{n} rows of the log are left out.": "日志中有 {n} 行未采用。",
    "Differences": "差异",
    "Entity by entity": "逐个实体",
    "Not testable": "无法回测",
    "certain": "确定",
    "conditional": "有条件",
    "then": "当时",
    "now": "现在",
    "yes": "是",
    "differing": "有差异",
    "diverged": "走向不同",
    "afterwards": "走向不同之后的记录",
    "unvoted": "无人表决的挂起",
    "impossible": "不再可能的操作",
    "messages": "消息变动",
    "unanswered": "无答案的查询",
    "erased": "信息已抹除",
    "sealed": "缺少密钥",
    "former": "旧版状态机",
    "off": "状态机未启用",
    "new breach": "新增超时",
    "vanished breach": "消除超时",
    "new deadline": "新增时限",
    "vanished deadline": "消失的时限",
    "other deadline": "时限变动",
    "new hold": "新增挂起",
    "vanished hold": "取消挂起",
    "new refusal": "新增拒绝",
    "vanished refusal": "取消拒绝",
    "new event": "新增事件",
    "vanished event": "消失的事件",
    "other event": "事件变动",
    "new approval": "新增审批",
    "vanished approval": "取消审批",
    "other approval": "审批变动",
    "new tier": "新增等级变动",
    "vanished tier": "取消等级变动",
    "other tier": "等级变动不同",
    "new task": "新增任务",
    "vanished task": "消失的任务",
    "other task": "任务变动",
    "new message": "新增消息",
    "vanished message": "消失的消息",
    "other message": "消息变动",
    "other state": "状态不同",
    "kept deadline": "保持不变的时限",
    "new timer": "新增定时",
    "vanished timer": "消失的定时",
    "other timer": "定时变动",
    "new access": "新增查看权",
    "vanished access": "失去查看权",
    "other access": "查看范围变动",
    "new way": "新增可行操作",
    "vanished way": "失去可行操作",
    "other way": "操作人变动",
    "stuck": "无法继续",
}
"""Chinese by the English text."""
