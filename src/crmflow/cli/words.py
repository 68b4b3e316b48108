"""The Chinese of the command line's own texts; labels of machines are in the locale tables."""

from __future__ import annotations

from collections.abc import Mapping

HELP: Mapping[str, str] = {
    "Take the schemes of this TOML file, not those of the profiles.": (
        "采用此 TOML 文件中的方案，而非配置方案中的。"
    ),
    "Show a scheme: what places in each tier, and what it gets.": (
        "显示分级方案：各等级的标准与待遇。"
    ),
    "Schemes of tiers, and customers placed by them.": "分级方案，以及按方案为客户评级。",
    "Place every row of a CSV file: an id, and a column for each metric.": (
        "为 CSV 文件的每一行评级：一列编号，每个指标一列。"
    ),
    "Name of the scheme.": "分级方案的名称。",
    "List the schemes: machine, kind, tiers and rules.": "列出分级方案：状态机、方式、等级与规则。",
    "Column of the id.": "编号所在的列。",
    "Check that every plugin loads, answers and fits the machines and tables.": (
        "检查每个插件能否加载、应答,并与状态机和表相符。"
    ),
    "Let a policy that came later begin with entities that nobody touches.": (
        "让后来加入的策略从无人改动的实体开始生效。"
    ),
    "Only tell what would be done.": "只说明将要做什么。",
    "End a policy that is no longer there; journaled with every entity.": (
        "终止已不存在的策略;在每个实体的日志中记录。"
    ),
    "Why; journaled.": "原因;记入日志。",
    "A company's month on a virtual clock.": "用虚拟时钟演示一家公司的一个月。",
    "All that is brought, as a JSON object.": "以 JSON 对象给出全部内容。",
    "Another number, another month.": "换一个数字，换一个月。",
    "As it stood then, with its offset.": "当时的情形，时刻须带时区。",
    "At most so many.": "最多显示的数量。",
    "Bring a log into the store: observations, or adoptions of a snapshot.": (
        "将日志导入存储：作为观察记录，或按快照接管。"
    ),
    "Bring the schema to this release's.": "将表结构升级到本版本。",
    "Check machines: tables, texts, rules and settings.": "检查状态机：表、文字、规则与设置。",
    "Create an entity by its machine's creating event.": "用状态机的创建事件新建实体。",
    "Create entities, fire events, ask what they are.": "新建实体、触发事件、查询实体。",
    "Deadlines that were promised.": "承诺的时限。",
    "Department of the actor; repeat.": "操作者所属部门；可重复。",
    "Draw a machine, labels in the chosen language.": "画出状态机，标签用所选语言。",
    "Due by then, with its offset; else now.": "截至该时刻到期，须带时区；默认现在。",
    "Event logs: replay and import.": "事件日志：回放与导入。",
    "Exit with 3 where the schema is not this release's.": "表结构不是本版本时以 3 退出。",
    "Explain why an event would be allowed or refused now.": "说明事件现在为何允许或被拒绝。",
    "Facts that the state requires may be missing.": "允许缺少该状态要求的信息。",
    "File for rows set aside; FILE.aside.jsonl if not given.": (
        "存放搁置行的文件；默认 FILE.aside.jsonl。"
    ),
    "File to write; no other is.": "要写入的文件；已有文件不会被覆盖。",
    "Find entities, in order of machine and id.": "查找实体，按状态机与编号排序。",
    "Fire an event on an entity.": "对实体触发事件。",
    "Fire every timer that is due, and hand over messages.": "触发所有到期的定时器，并投递消息。",
    "Form of the output.": "输出格式。",
    "Hand over all messages again, parked ones too.": "重新投递全部消息，包括搁置的。",
    "Id of the entity; drawn where it is left out.": "实体编号；不填则自动生成。",
    "In one state only.": "只看一个状态。",
    "Language of the output.": "输出语言。",
    "List deadlines, those due first in front.": "列出时限，先到期的在前。",
    "List messages that wait, or were refused and are parked.": "列出等待的和被拒而搁置的消息。",
    "List open tasks, those due first in front.": "列出待办任务，先到期的在前。",
    "List pending timers, those due first in front.": "列出未触发的定时器，先到期的在前。",
    "List plugins, the hooks they answer and their machines.": "列出插件、其响应的钩子和状态机。",
    "List the machines that are switched on.": "列出已启用的状态机。",
    "Machine to switch on; repeat for more.": "要启用的状态机；可重复。",
    "Makes resending harmless.": "幂等键，重复发送无害。",
    "Messages that are not delivered.": "尚未送达的消息。",
    "Of one machine only.": "只看一个状态机。",
    "Of this role only; repeat for more.": "只看该角色；可重复。",
    "One field; repeat for more.": "一个字段；可重复。",
    "Only these.": "只看这一类。",
    "Only those that have passed.": "只看已超时的。",
    "Place an entity in a state, by way of exception.": "以例外方式将实体置于某一状态。",
    "Plugin: a module or a .py file; repeat.": "插件：模块名或 .py 文件；可重复。",
    "Plugins that are loaded.": "已加载的插件。",
    "Print the statements that make the tables.": "打印建表语句。",
    "Decide every record again with today's machines; exit with 1 on differences.": (
        "用当前流程定义重新判定每条记录；有差异时退出码为 1。"
    ),
    "Recompute every hash and fold every journal; exit with 1 on findings.": (
        "重新计算全部哈希并折叠全部日志；有问题时以 1 退出。"
    ),
    "Role of the actor; repeat. Else the directory tells.": "操作者的角色；可重复。默认查名录。",
    "Shipped profile that fills blanks.": "填补空白设置的内置配置。",
    "Show a machine's states and rows with their rules.": "显示状态机的状态与流转行及其规则。",
    "Show an entity's journal.": "显示实体的日志。",
    "Show an entity: state, facts, timers, tasks and links.": (
        "显示实体：状态、信息、定时器、任务与关联。"
    ),
    "Show every value in force; secrets are hidden.": "显示当前生效的全部设置；机密不显示。",
    "Show the schema's revision, and the one this release needs.": "显示表结构的版本与所需版本。",
    "Show this message and exit.": "显示本帮助并退出。",
    "Show, draw and check machines.": "显示、绘制和检查状态机。",
    "SQLite file to make; only a demo's is replaced.": "要生成的 SQLite 文件；只替换演示文件。",
    "State it is placed in.": "要置于的状态。",
    "Store, such as sqlite:///crm.db.": "存储地址，如 sqlite:///crm.db。",
    "Stream a CSV or XES log through a machine and report how it fits.": (
        "让 CSV 或 XES 日志流过状态机，报告其吻合程度。"
    ),
    "TOML file of people and roles.": "人员与角色的 TOML 文件。",
    "TOML file that says what columns and labels mean.": "说明列与标签含义的 TOML 文件。",
    "The options of crmflow itself may stand here too.": "crmflow 本身的选项也可写在这里。",
    "The schema of the store.": "存储的表结构。",
    "Timers: what is due, and firing it.": "定时器：查看到期与触发。",
    "Variants to name.": "列出的变体数量。",
    "Verify the journals.": "核验日志。",
    "Version you read; another is a conflict.": "所读到的版本；不一致即为冲突。",
    "What becomes of a row that cannot be used.": "无法使用的行如何处理。",
    "What can happen next, and why not.": "接下来能做什么，为何不能。",
    "What is drawn; svg and png need Graphviz or the Mermaid command line.": (
        "绘制格式；svg 与 png 需要 Graphviz 或 Mermaid 命令行。"
    ),
    "What the command line runs with.": "命令行所用的设置。",
    "When it happens, with its offset.": "发生时刻，须带时区。",
    "Who adopts a snapshot's entities.": "接管快照中实体的操作者。",
    "Who asks.": "操作者。",
    "Whose entities.": "租户。",
    "Why it does not come by its events; journaled.": "为何不经事件流转；记入日志。",
    "Work that waits for people.": "等待人员处理的任务。",
    "Workflow engine for everything between a company and its customers.": (
        "公司与客户之间一切往来的流程引擎。"
    ),
    "Write a commented crmflow.toml.": "生成带注释的 crmflow.toml。",
    "Check profiles and the company's own file; exit with 1 on findings.": (
        "检查内置配置与公司自己的文件；有问题时以 1 退出。"
    ),
    "List the blanks to fill in; exit with 1 where one is missing or wrong.": (
        "列出要填写的空白设置；有缺失或有误时以 1 退出。"
    ),
    "List the rows in use: version, rules, days and origin.": (
        "列出在用的规则行：版本、规则、生效日与来源。"
    ),
    "Of this table only.": "只看该表。",
    "Of this table only; repeat.": "只看该表；可重复。",
    "Show the rows of a name, each column with its origin.": "显示某名称的规则行，逐列注明来源。",
    "Tell who set it: flag, variable, file, profile or default.": (
        "说明来源：参数、环境变量、文件、内置配置或默认值。"
    ),
    "The tables that policies read.": "策略所读的规则表。",
    "Those that are not in use too.": "也列出未启用的。",
    "Those that nothing in use needs too.": "也列出当前不需要的。",
    "Approvals: what waits for whom.": "审批：什么在等谁。",
    "List what waits for approval, what is overdue first.": "列出等待审批的事项，超时的在前。",
    "Of this person only.": "只看此人。",
    "Of those who have this role only.": "只看具有该角色的人。",
    "Of everybody; the default.": "所有人；这是默认。",
    "What is said with it.": "附带的意见。",
    "Who is meant.": "所指的人。",
    "Who gets it.": "交给谁。",
    "The event's form, as a JSON object.": "事件的表单，JSON 对象。",
    "An earlier step, or the requester.": "之前的环节，或申请人（requester）。",
    "Walk all steps again, or jump straight back.": "重新走完各环节，或直接跳回。",
    "Where the signer stands to one's own approval.": "加签人在本人审批之前、之后或并行。",
    "Who reads; repeat.": "阅读人；可重复。",
    "Approve the open step.": "同意当前环节。",
    "Refuse the open step.": "拒绝当前环节。",
    "Send a request back.": "退回申请。",
    "Hand a returned request in again.": "重新提交被退回的申请。",
    "Withdraw one's own request.": "撤回本人的申请。",
    "Take one's own vote back.": "收回本人的投票。",
    "Let another decide in one's place.": "转交他人决定。",
    "Ask another for an opinion.": "委派他人提出意见。",
    "Let another sign too.": "加签。",
    "Take a signer away.": "减签。",
    "Let people read along.": "抄送。",
    "Remind those who are awaited.": "催办。",
    "End a request, as an administrator.": "以管理员身份终止申请。",
    "Give another all that waits for someone who leaves.": "把离职人员的全部待审事项移交他人。",
    "The held event or the state, where several are open.": "有多项审批时，指明事件或状态。",
}
"""Help of commands and options."""

MESSAGES: Mapping[str, str] = {
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
    "The schema is not this release's: run `crmflow db upgrade`.": (
        "表结构不是本版本的：请运行 `crmflow db upgrade`。"
    ),
    "Time in states": "各状态停留时间",
    "Timers": "定时器",
    "What the rules leave to each company; there is no silent default.": (
        "规则留给各公司自定的设置；没有默认值。"
    ),
    (
        "A tail that was cut off, or a store that was replaced whole, cannot be seen this way: "
        "that needs an anchor kept elsewhere, which this release does not make yet."
    ): "日志末尾被截断或存储被整体替换，这样看不出来：需要保存在别处的锚点，本版本尚不支持。",
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
    "{n} faults": "{n} 处问题",
}
"""Titles of tables and what is said on stderr."""

HEADINGS: Mapping[str, str] = {
    "enabled": "启用",
    "raises": "引发事件",
    "ranked by": "排名指标",
    "recompute": "重评周期",
    "keep": "保留变动数",
    "ordered": "按序取首",
    "missing": "缺数据时",
    "grace": "宽限期",
    "currency": "币种",
    "tiers": "等级",
    "tier": "等级",
    "scheme": "方案",
    "rank": "名次",
    "population": "总体",
    "lacking": "缺少",
    "gets": "待遇",
    "criteria": "标准",
    "care": "关怀方案",
    "because": "依据",
    "actor": "操作者",
    "answer": "回答",
    "applied": "已应用",
    "aside": "搁置文件",
    "asked at": "申请时间",
    "asked by": "申请人",
    "at": "时刻",
    "before": "之前状态",
    "cases": "案件数",
    "code": "代码",
    "detail": "说明",
    "due at": "到期",
    "effects": "影响",
    "entered at": "进入时刻",
    "entities": "实体",
    "entry": "类别",
    "errors": "错误",
    "event": "事件",
    "events": "事件",
    "fact": "信息",
    "facts": "信息",
    "field": "字段",
    "fields": "字段",
    "file": "文件",
    "findings": "问题",
    "fired": "已触发",
    "form": "表单",
    "found": "现有",
    "from": "从",
    "guards": "条件",
    "hooks": "钩子",
    "id": "编号",
    "key": "键",
    "kind": "类型",
    "label": "名称",
    "machine": "状态机",
    "machines": "状态机",
    "meaning": "含义",
    "median hours": "中位小时数",
    "message": "内容",
    "module": "模块",
    "n": "数量",
    "name": "名",
    "needed": "所需",
    "opened at": "创建时间",
    "origin": "来源",
    "overdue": "已超时",
    "overdue by": "超时",
    "p90 hours": "90 分位小时数",
    "parked": "已搁置",
    "plugin": "插件",
    "policy": "策略",
    "reason": "原因",
    "records": "记录",
    "ref": "实体",
    "requires": "要求",
    "role": "角色",
    "role label": "角色名称",
    "roles": "角色",
    "rows": "行",
    "rules": "规则",
    "scope": "范围",
    "source": "来源",
    "state": "状态",
    "states": "状态",
    "status": "状况",
    "target": "目标",
    "task": "任务",
    "tenant": "租户",
    "texts": "原因",
    "timer": "定时器",
    "to": "到",
    "up to date": "最新",
    "value": "值",
    "version": "版本",
    "waiting": "等待中",
    "where": "位置",
    "who": "谁",
    "assignee": "责任人",
    "column": "列",
    "fault": "错误",
    "feature": "用于",
    "from on": "生效日",
    "needed by": "使用者",
    "table": "表",
    "until on": "失效日",
    "use": "启用",
    "used": "在用",
    "request": "申请事项",
    "step": "环节",
    "person": "人员",
    "requester": "申请人",
    "since at": "起始时间",
    "handed over": "已移交",
    "reasons": "原因",
}
"""Headings of columns, their underscores as spaces."""

ZH: Mapping[str, str] = {**HELP, **MESSAGES, **HEADINGS}


def said(text: str, lang: str) -> str:
    """Return an English text in a language, unchanged where it has no other."""
    return ZH.get(text, text) if lang == "zh" else text
