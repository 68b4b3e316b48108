"""The Chinese of workers and of the outbox."""

from __future__ import annotations

from collections.abc import Mapping

WORKING: Mapping[str, str] = {
    "Fire timers and hand over messages until told to stop; any number may work.": (
        "持续触发定时器并递送消息，直到收到停止信号；可同时运行任意多个。"
    ),
    "Whose; repeat for more.": "所属租户；可重复。",
    "End as soon as nothing is due.": "没有到期事项时即结束。",
    "How often it looks at least.": "至少每隔多久查看一次。",
    "Timers, and messages, of one round at most.": "每轮最多处理的定时器数，消息亦然。",
    "How long what it takes is nobody else's.": "取走的事项在多久之内不归他人。",
    "How long a delivery handler may take.": "递送处理程序最多可用的时间。",
    "give a --lease that is longer than --timeout": "--lease 须长于 --timeout",
    "Threads of each delivery handler.": "每个递送处理程序的线程数。",
    "Answer /live, /ready and /metrics there; a port alone is this machine's.": (
        "在此地址应答 /live、/ready 与 /metrics；只写端口即为本机。"
    ),
    "Show how much is due and waits; exit with 1 where messages are parked.": (
        "显示到期与等待的数量；有搁置的消息时以 1 退出。"
    ),
    "Hand over messages again at once, parked ones too.": "立即重新递送消息，含已搁置的。",
    "Take parked messages out for good; their sources were told.": (
        "永久移除已搁置的消息；其来源已获告知。"
    ),
    "To this machine or handler only.": "只限发往该状态机或处理程序的。",
    "This one; repeat for more.": "指定这一条；可重复。",
    "All that are parked.": "全部已搁置的。",
    "name messages by --id or --target, or say --all": (
        "请用 --id 或 --target 指明消息，或写 --all"
    ),
    "message {name} is parked: {why}": "消息 {name} 已搁置：{why}",
    "health at port {port}": "健康检查端口 {port}",
    "Look twice, so long apart, and show by how much less is left, per second.": (
        "隔这么久看两次，显示每秒减少多少。"
    ),
    "due rate": "到期每秒减少",
    "waiting rate": "等待每秒减少",
    "attempts": "尝试次数",
    "not before": "不早于",
    "rounds": "轮数",
    "delivered": "已递送",
    "failed": "失败",
    "pending": "已设定时器",
    "due": "到期",
    "lag": "滞后（秒）",
    "age": "最久等待（秒）",
    "forestalled": "被他人抢先",
}
"""What the command line says of workers and the outbox."""
