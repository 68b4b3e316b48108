"""What the people of the demo's company write in their forms, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["say"]

WORDS: Mapping[str, tuple[str, str]] = {
    "after_sales": ("two years of maintenance", "两年维护"),
    "again": ("the pump leaks again", "水泵再次渗漏"),
    "assessment": ("two pumps are worn out", "两台水泵已磨损"),
    "cause": ("a seal was fitted wrongly", "密封件装配错误"),
    "client_proposal": ("two pumps, fitted and tested", "两台水泵，含安装调试"),
    "content": ("two pumps, fitted", "两台水泵及安装"),
    "corrective": ("the seal was replaced", "已更换密封件"),
    "delivery_time": ("three weeks after the order", "下单后三周"),
    "demand": ("a new pump", "更换新泵"),
    "department": ("production", "生产部"),
    "details": ("asked about the plant and its pumps", "了解厂区及水泵情况"),
    "expectations": ("no standstill", "不停产"),
    "gm_decision": ("replace it at once", "立即更换"),
    "goals": ("lower power costs", "降低电费"),
    "improvement": ("seals are checked before delivery", "出厂前检查密封件"),
    "needs": ("two new pumps", "两台新水泵"),
    "no_budget": ("no money this year", "今年没有预算"),
    "person": ("the plant's buyer", "采购负责人"),
    "plan": ("fit two pumps over a weekend", "周末更换两台水泵"),
    "preventive": ("a second look at every seal", "密封件复检"),
    "problem_type": ("the pump leaks", "水泵渗漏"),
    "product": ("pump P-20", "P-20 型水泵"),
    "refusal": ("too dear", "价格偏高"),
    "result": ("the pump runs and is dry", "水泵运行正常，不再渗漏"),
    "solution": ("the seal is replaced on site", "上门更换密封件"),
    "too_late": ("bought elsewhere", "已向他处采购"),
    "topics": ("price", "价格"),
}


def say(name: str, lang: str) -> str:
    """
    Return what people write in a field.

    Args:
        name: A key of `WORDS`.
        lang: `en` or `zh`.
    """
    english, chinese = WORDS[name]
    return chinese if lang == "zh" else english
