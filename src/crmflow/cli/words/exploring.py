"""The Chinese of exploring machines together with their policies."""

from __future__ import annotations

from collections.abc import Mapping

EXPLORING: Mapping[str, str] = {
    "Explore machines together with their policies.": "将状态机与策略结合起来逐一探查。",
    "Explore, with properties of this .py file or module; repeat.": (
        "探查时加上此 .py 文件或模块所述的性质；可重复。"
    ),
    "there is no file {name!r}: give a .py file of properties, or the name of a module": (
        "没有文件 {name!r}：请给出陈述性质的 .py 文件，或模块名"
    ),
    "So many happenings a story has at most.": "一条路径最多包含的步数。",
    "In so many situations of a machine all is tried.": "每个状态机最多逐一尝试的情形数。",
    "Write each story there, and a test to paste.": "将每条路径及可直接使用的测试写入此目录。",
    "Let a story happen again in a throwaway store; exit with 1 where it ends elsewhere.": (
        "在临时存储库中重演一条路径；结局不同时以 1 退出。"
    ),
    "--depth, --situations and --story-dir go with --explore or --property": (
        "--depth、--situations 与 --story-dir 须与 --explore 或 --property 同用"
    ),
    "Explored": "探查结果",
    "The story of {kind} in {machine}:": "{machine} 中 {kind} 的重现路径：",
    "it ends in {state}, not in {expected}.": "结局是 {state}，而不是 {expected}。",
    "{event} raises an error, though the story goes on.": "{event} 报错，而路径并未到此为止。",
    "situations": "情形",
    "happenings": "步数",
    "depth": "步数",
    "counted": "计数",
    "horizon": "时间跨度",
    "limits": "触及的界限",
}
