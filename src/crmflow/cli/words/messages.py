"""The Chinese of the titles of tables, and of what is said on stderr."""

from __future__ import annotations

from collections.abc import Mapping

MESSAGES: Mapping[str, str] = {
    "{n} entities of the list may not be seen.": "名录中有 {n} 个实体无权查看。",
    "no output has this name.": "没有这个名称的通知或文书。",
    "no report has this name.": "没有该名称的报告。",
    "{path} is drawn.": "已绘制 {path}。",
    "there is no such rule.": "没有这条规则。",
    "Carriers": "承载处",
    "Tests": "测试",
    "Switch": "改用其他解读的开关",
    "No tests were looked at: run it in a checkout, or give --tests.": (
        "未查看测试：请在源码目录中运行，或给出 --tests。"
    ),
    "{n} places were refused.": "有 {n} 个名次被拒绝。",
    "{n} are not placed: what the scheme needs is missing.": "{n} 个未评级：缺少方案所需的数据。",
    "no scheme has this name.": "没有该名称的分级方案。",
    "{plugins} plugins, {policies} policies of {machines} machines": (
        "{plugins} 个插件,{machines} 个状态机的 {policies} 项策略"
    ),
    "Commands of plugins": "插件的命令",
    "Blanks": "待填设置",
    "Claims": "占用",
    "Commands": "命令",
    "Counts": "数量",
    "Error": "错误",
    "Facts": "信息",
    "Findings": "问题",
    "Fired": "已触发",
    "Holds": "待审批",
    "Illegal starts and moves": "不合法的起始与流转",
    "Information": "提示",
    "Language of the output: zh or en.": "输出语言：zh 或 en。",
    "Links": "关联",
    "Most frequent variants": "最常见的变体",
    "Only the first {limit} are shown; there may be more: raise --limit.": (
        "只显示前 {limit} 条，可能还有更多：请调大 --limit。"
    ),
    "There may be more: --after {cursor}": "可能还有更多：--after {cursor}",
    "Options": "选项",
    "People and their roles.": "人员及其角色。",
    "Required by the state, not in the file": "状态要求而文件中没有",
    "Rows": "流转行",
    "Settings of crmflow; flags and CRMFLOW_* variables win over them.": (
        "crmflow 的设置；命令行参数与 CRMFLOW_* 变量优先。"
    ),
    "Rows over those of the profiles, by name: only the columns that change.": (
        "按名称覆盖内置配置的规则行，只写要改的列。"
    ),
    "See `crmflow policy list` and `crmflow policy show NAME`.": (
        "参见 `crmflow policy list` 与 `crmflow policy show NAME`。"
    ),
    "Shipped values for blanks.": "用内置示例值填补空白。",
    "States": "状态",
    "Still open": "尚未结束",
    "Tasks": "任务",
    "The backup was not checked.": "备份未经校验。",
    "The schema is not this release's: run `crmflow db upgrade`.": (
        "表结构不是本版本的：请运行 `crmflow db upgrade`。"
    ),
    "Time in states": "各状态停留时间",
    "Timers": "定时器",
    "What the rules leave to each company; there is no silent default.": (
        "规则留给各公司自定的设置；没有默认值。"
    ),
    (
        "A tail that was cut off, an entity that is gone, or a store that was replaced whole "
        "cannot be seen this way: that needs an anchor kept elsewhere "
        "(crmflow audit anchor, --anchor)."
    ): (
        "日志末尾被截断、实体被移除或存储被整体替换，这样看不出来："
        "需要保存在别处的锚点（crmflow audit anchor、--anchor）。"
    ),
    "The anchor is not signed: it is as trustworthy as the place it was kept at.": (
        "锚点没有签名：可信程度取决于其存放之处。"
    ),
    "The anchor is signed, and no audit key is set: its signature was not checked.": (
        "锚点有签名，但未设置审计密钥：未核对签名。"
    ),
    "record {expected} is missing": "缺少第 {expected} 条记录",
    "the hash is not that of the record and the one before": "哈希与该记录及前一条不符",
    "the columns of the row are not what its record says": "行中各列与记录所述不符",
    "the record cannot be read: {why}": "记录无法读取：{why}",
    "the checkpoint is not where the journal leads": "检查点与日志推演不符",
    "the journal ends at version {version}": "日志止于版本 {version}",
    "the stored head is not the hash of the last record": "所存的链头不是最后一条记录的哈希",
    "folding the journal does not give the stored snapshot": "由日志推演得不到所存的快照",
    "the anchor has the entity at this version, the store has none": (
        "锚点中实体处于该版本，存储中却没有该实体"
    ),
    "the anchor has the entity at this version, the store at version {version}": (
        "锚点中实体处于该版本，存储中却在版本 {version}"
    ),
    "the anchor has another record at this version": "锚点中该版本是另一条记录",
    "a record stands before the mark of those that are pruned": "清理标记之前仍有记录",
    "no record tells of the mark of those that are pruned": "没有记录说明该清理标记",
    "the mark of pruned records was changed, or no audit key signed it": (
        "清理标记被改动，或没有审计密钥的签名"
    ),
    "the anchor's record is pruned, and no audit key vouches for its mark": (
        "锚点所指的记录已被清理，且没有审计密钥为其标记作证"
    ),
    "--by-tier goes with neither --mine nor --after": "--by-tier 不能与 --mine 或 --after 同用",
    "--mine, --role and --all exclude each other": "--mine、--role 与 --all 只能用一个",
    "give an ID, or values with --set or --payload": "请给出 ID，或用 --set、--payload 给出值",
    "{text!r} is no MACHINE/ID": "{text!r} 不是 MACHINE/ID 形式",
    "a log is about one machine: give --machine once": "日志只关于一个状态机：--machine 只给一次",
    "accepted": "已接受",
    "held": "待审批",
    "repeated": "重复请求，返回首次结果",
    "the mapping names no machine: set `machine` in it, or give --machine": (
        "映射没有写明状态机：请在其中设置 `machine`，或给出 --machine"
    ),
    "version {version}": "版本 {version}",
    "{path} exists already and is left alone.": "{path} 已存在，未作改动。",
    "{path} is written; fill in the blanks.": "{path} 已生成；请填写其中的空白。",
    "{rows} rows were set aside in {path}.": "有 {rows} 行被搁置在 {path}。",
    "no fault": "没有问题",
    "no row has this name.": "没有这个名称的规则行。",
    "{n} blanks to fill in: see `crmflow config blanks`.": (
        "有 {n} 项空白设置待填：请看 `crmflow config blanks`。"
    ),
    "{n} fault": "{n} 处问题",
    "{n} faults": "{n} 处问题",
}
"""Titles of tables and what is said on stderr."""
