"""The Chinese of simulations."""

from __future__ import annotations

from collections.abc import Mapping

SIMULATING: Mapping[str, str] = {
    "Let a company live on a virtual clock: load, waiting, deadlines, and what if.": (
        "让公司在虚拟时钟上运行：负荷、等待、时限，以及假设分析。"
    ),
    "Names the chance; else the scenario's own.": "随机数的种子；缺省用场景自身的。",
    "How often, each with a seed of its own; intervals need two.": (
        "运行次数，每次各用一个种子；置信区间至少需要两次。"
    ),
    "What if: another scenario file, or shipped profiles; repeat.": (
        "假设分析：另一个场景文件，或内置配置方案；可重复。"
    ),
    "Draw the tables into SVG files of this folder too.": "同时把各表画成 SVG，存入此文件夹。",
    "New store that keeps what is simulated.": "保存模拟结果的新存储。",
    "--keep keeps one run: leave out --replications and --against": (
        "--keep 只保存一次运行：请去掉 --replications 与 --against"
    ),
    "One replication has no intervals: give --replications 2 or more.": (
        "只运行一次，没有置信区间：请给出 --replications 2 或更多。"
    ),
    "there is no file {name!r}: give a scenario file, or shipped profiles": (
        "没有文件 {name!r}：请给出场景文件或内置配置方案"
    ),
    "{name!r} is neither a scenario file (.toml) nor shipped profiles": (
        "{name!r} 既不是场景文件（.toml），也不是内置配置方案"
    ),
    "days": "天",
    "runs": "次运行",
    "Means over the replications": "各次运行的均值",
    "What differs; 95 % intervals": "差异及其 95% 置信区间",
    "How busy people were, in per cent of their shifts": "人员负荷（占班次时间的百分比）",
    "How long work waited, in minutes": "工作等待时间（分钟）",
    "How much work waited": "等待中的工作数量",
    "How deadlines were kept, in per cent": "时限达成率（百分比）",
    "What came and ended": "到来与了结",
    "How long cases took, in hours": "办理用时（小时）",
    "Where cases were at the end of each part": "各时段末所处状态",
    "What was refused, and why": "被拒绝的事件及原因",
    "What was held, and how it was answered": "待审批事项及答复",
    "Laws that were fitted, and how far they are from what was": "拟合的分布及其与实际的距离",
    "scenario": "场景",
    "seed": "种子",
    "asked": "请求的事件数",
    "busy hours": "忙碌小时",
    "open hours": "在班小时",
    "utilisation": "利用率",
    "cost": "费用（元）",
    "work": "工作",
    "p95": "95% 以内",
    "most": "最多",
    "took": "平均用时",
    "part": "时段",
    "items": "件数",
    "p90": "90% 以内",
    "deadline": "时限",
    "ended": "了结",
    "outcome": "结果",
    "until": "截至",
    "came": "到来",
    "law": "分布",
    "ks": "KS 距离",
    "wasserstein": "Wasserstein 距离",
    "figure": "指标",
    "about": "对象",
    "waiting minutes": "等待分钟",
    "duration hours": "办理小时",
    "low": "下限",
    "high": "上限",
    "base": "基准",
    "other": "对比",
    "difference": "差值",
    "clear": "显著",
}
"""What the command line says of simulations."""
