"""The Chinese of the help of commands and options."""

from __future__ import annotations

from collections.abc import Mapping

HELP: Mapping[str, str] = {
    "Looked after by this person only.": "只列由此人负责的。",
    "Of this tier only, their own or that of their customer.": (
        "只列该等级的（自身或其客户的等级）。"
    ),
    "Linked to this entity only.": "只列关联到该实体的。",
    "Only with a timer or task due by then, those due first in front.": (
        "只列届时有定时器或任务到期的，最先到期的在前。"
    ),
    "Go on where the page ended that told this cursor.": "从给出此游标的那一页之后继续。",
    "Count entities by machine and state.": "按状态机与状态统计实体数量。",
    "Those of this person, and of the roles that person has.": "此人的任务，以及其所属角色的任务。",
    "List deadlines that are not over, those due first in front.": (
        "列出尚未了结的时限，最先到期的在前。"
    ),
    "List what a company may use, and what that switches on.": (
        "列出公司可选用的功能及其启用的内容。"
    ),
    "What the company uses, as `crmflow config features` lists it; repeat.": (
        "公司选用的功能，名称见 `crmflow config features`；可重复。"
    ),
    "Notices, letters, forms: what is told to whom.": "通知、信函、表单：告知何人何事。",
    "Lists derived from the entities on demand.": "按需从实体导出的名录与计划。",
    "List the outputs: what each is, what causes it, who gets it.": (
        "列出通知与文书：种类、起因、收件人。"
    ),
    "Of this machine only.": "只列该状态机的。",
    "Show an output with the words of its template.": "显示一项通知或文书及其模板文字。",
    "Show what an output would be for an entity; nothing is sent.": (
        "预览某实体的通知或文书；不会发送。"
    ),
    "The event that would cause it, if it has several.": "引发它的事件（有多个时）。",
    "List the lists: title, machine and columns.": "列出名录：标题、状态机与各列。",
    "Show a list, as far as one may see it.": "显示名录中本人可见的内容。",
    "As a file for others, in place of a table or JSON.": "以文件格式输出，代替表格或 JSON。",
    "Reports: figures, times and groups, as tables and pictures.": (
        "报告：指标、用时与分组，以表格和图形呈现。"
    ),
    "List the reports: what each tells, of which entities.": "列出报告：各自的内容与对象。",
    "Make a report of the whole store, and a picture of it where asked.": (
        "对全部存储生成报告，并可按需绘图。"
    ),
    "Draw it into this SVG file too.": "同时绘制到该 SVG 文件。",
    "CSV of samples from elsewhere: kpi, on, value, out_of, group.": (
        "外部样本的 CSV 文件：kpi、on、value、out_of、group。"
    ),
    "The rules, what carries them and which tests hold them.": "规则、规则的承载处与检验它的测试。",
    "List the rules: text, what carries each, which tests hold it.": (
        "列出规则：条文、承载处与检验它的测试。"
    ),
    "Show a rule or reading whole.": "完整显示一条规则或一处解读。",
    "Check that every rule is carried and tested; exit with 1 on findings.": (
        "检查每条规则是否都有承载与测试；有问题时以 1 退出。"
    ),
    "Of this group only; repeat.": "只列该组；可重复。",
    "Of this kind only; repeat.": "只列该类；可重复。",
    "Folder of the tests; that of a checkout where one runs it there.": (
        "测试所在目录；在源码目录中运行时即其测试目录。"
    ),
    "Rank all entities of a store by a scheme of shares, and place each.": (
        "按份额方案对存储中的全部实体排名并逐一定级。"
    ),
    "Show what somebody may see of an entity, by the rows of access.": (
        "按权限行显示某人可以看到的实体内容。"
    ),
    "What for; noted where the read is.": "用途;在记录查阅时一并记下。",
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
    "A customer's life with a company, on a virtual clock.": ("用虚拟时钟演示一位客户的历程。"),
    "All that is brought, as a JSON object.": "以 JSON 对象给出全部内容。",
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
    "Who may be the same as an entity, or as given values.": (
        "查找可能与某实体或所给资料重复的记录。"
    ),
    "Roles and their duties.": "角色及其职责。",
    "List roles: what they do, and how often rows name them.": "列出角色、职责以及被引用的次数。",
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
    "Id of the entity; drawn where it is left out.": "实体编号；不填则自动生成。",
    "In one state only.": "只看一个状态。",
    "Index anew what entities are searched by.": "重建实体的检索索引。",
    "Only with this value; repeat for more.": "只看该字段为此值的；可重复。",
    "Language of the output.": "输出语言。",
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
    "The store: its schema, index and backups.": "存储：表结构、索引与备份。",
    "Make a backup of the store, which may be in use, and check it.": (
        "备份存储并校验；存储可在使用中。"
    ),
    "Make a store of a backup, once it is found whole.": "校验备份后，由备份恢复存储。",
    "Put a store that is there aside.": "已有的存储改名保留。",
    "Server or role to check a server's backup with, in place of the store's own.": (
        "用于校验服务器备份的另一服务器或账号。"
    ),
    "Do not restore a server's backup to check it.": "不试恢复校验服务器备份。",
    "Those for important customers in front.": "重要客户的任务排在前面。",
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
    "How long journals are kept.": "日志保存多久。",
    "Take from journals what need not be kept; exit with 1 on failures.": (
        "从日志中清理无须再保存的记录；有失败时以 1 退出。"
    ),
    "Only tell what would go.": "只说明将清理什么。",
    "The master keys of encrypted fields.": "加密字段的主密钥。",
    "List which master keys wrap the keys of how many entities.": (
        "列出各主密钥封装了多少实体的密钥。"
    ),
    "Wrap every entity's key by the current master key; exit with 1 on failures.": (
        "用当前主密钥重新封装每个实体的密钥；有失败时以 1 退出。"
    ),
    "Against an anchor that was kept elsewhere.": "对照保存在别处的锚点。",
    "By the hashes alone: no key is needed.": "只核对哈希：不需要密钥。",
    "Write the heads of all journals to a file, to be kept elsewhere.": (
        "把所有日志的链头写入文件，以便存放在别处。"
    ),
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
