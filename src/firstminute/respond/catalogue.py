"""The default catalogue of incident types: how bad, which rings answer, what is needed, what to ask, what to say first.

Idea: one literal table that a city replaces row by row (register `incident_types`). Rings are police only unless a row says otherwise; where a row
is violent, armed or of unknown kind the safety gate (`respond.safety`) shuts neighbours out whatever the row says. Sources: the kinds of
call of the Chinese 110 rule (公通字〔2003〕31号) and of the cities in docs; dispatch.md §6. Limits: needs are a start to be tuned, not a standard.
"""

from __future__ import annotations

from collections.abc import Mapping

from firstminute.model.records import IncidentType, Need

AUTO, ASK, OFF = "automatic", "proposed", "off"
POLICE_ONLY = {"self_rescue": OFF, "neighbour_aid": OFF, "reinforcement": AUTO}
OWN_TEAM = {"self_rescue": AUTO, "neighbour_aid": OFF, "reinforcement": AUTO}
OWN_THEN_ASK = {"self_rescue": AUTO, "neighbour_aid": ASK, "reinforcement": AUTO}
EVERYBODY = {"self_rescue": AUTO, "neighbour_aid": AUTO, "reinforcement": AUTO}
DESK_FIRST = {"self_rescue": OFF, "neighbour_aid": OFF, "reinforcement": OFF}
CREW_WHEN_ASKED = {"self_rescue": OFF, "neighbour_aid": OFF, "reinforcement": ASK}

ONE = (
    Need(level=1, units={"any": 1}, sworn=1),
    Need(level=2, units={"any": 2}, sworn=2),
    Need(level=3, units={"any": 4}, sworn=4),
)
TWO = (
    Need(level=1, units={"any": 2}, sworn=1),
    Need(level=2, units={"any": 3, "ptu": 1}, sworn=3),
    Need(level=3, units={"any": 4, "ptu": 2}, sworn=6),
)
ARMED = (
    Need(level=1, units={"any": 2, "ptu": 1}, sworn=3, skills=("shield",)),
    Need(level=2, units={"any": 4, "ptu": 2}, sworn=6, skills=("shield",)),
    Need(level=3, units={"any": 6, "ptu": 3}, sworn=10, skills=("shield",)),
)
LOOK = (
    Need(level=1, units={"any": 1}),
    Need(level=2, units={"any": 2}, sworn=1),
    Need(level=3, units={"any": 3}, sworn=1),
)
WATER = (
    Need(level=1, units={"any": 1, "boat": 1}, sworn=1),
    Need(level=2, units={"any": 2, "boat": 2}, sworn=1),
    Need(level=3, units={"any": 3, "boat": 3, "drone": 1}, sworn=2),
)
SEARCH = (
    Need(level=1, units={"any": 2}, sworn=1),
    Need(level=2, units={"any": 3, "drone": 1}, sworn=1),
    Need(level=3, units={"any": 5, "drone": 2}, sworn=2),
)

DANGER = ("where_exactly", "weapon", "still_there", "hurt", "caller_safe")
KEEP_OFF = ("stay_away", "lock_in", "leave_if_safe", "keep_line_open")

VIOLENT: tuple[IncidentType, ...] = (
    IncidentType(
        code="armed_attack", priority=1, rings=OWN_TEAM, needs=ARMED, hazard="armed", protocol=(*DANGER, "how_many", "description"),
        advice=KEEP_OFF, welfare_s=300.0, synonyms=("持刀", "砍人", "枪", "knife", "gun", "stabbing"),
    ),
    IncidentType(
        code="hostage", priority=1, rings=OWN_TEAM, needs=ARMED, hazard="armed", protocol=(*DANGER, "how_many"), advice=KEEP_OFF,
        welfare_s=300.0, synonyms=("劫持", "人质", "hostage"),
    ),
    IncidentType(
        code="explosives", priority=1, rings=OWN_TEAM, needs=ARMED, hazard="armed", protocol=("where_exactly", "description", "caller_safe"),
        advice=("leave_if_safe", "do_not_touch", "stay_away"), welfare_s=300.0, synonyms=("爆炸物", "炸弹", "bomb"),
    ),
    IncidentType(
        code="robbery", priority=1, rings=OWN_TEAM, needs=TWO, hazard="violent", protocol=(*DANGER, "description", "direction"),
        advice=KEEP_OFF, welfare_s=600.0, synonyms=("抢劫", "抢夺", "robbery", "snatching"),
    ),
    IncidentType(
        code="fight", priority=2, rings=OWN_TEAM, needs=TWO, hazard="violent", protocol=(*DANGER, "how_many"),
        advice=("stay_away", "keep_line_open"), welfare_s=600.0, synonyms=("打架", "斗殴", "fight", "brawl"),
    ),
    IncidentType(
        code="threat", priority=1, rings=OWN_TEAM, needs=TWO, hazard="violent", protocol=DANGER, advice=KEEP_OFF, welfare_s=600.0,
        synonyms=("威胁", "医闹", "闹事", "threat", "threatens staff"),
    ),
    IncidentType(
        code="school_attack", priority=1, rings=OWN_TEAM, needs=ARMED, hazard="armed", protocol=(*DANGER, "how_many"), advice=KEEP_OFF,
        welfare_s=300.0, synonyms=("校园", "school attack"),
    ),
    IncidentType(
        code="domestic_violence", priority=2, rings=POLICE_ONLY, needs=TWO, hazard="violent", restricted=True,
        protocol=(*DANGER, "children_there"), advice=("leave_if_safe", "keep_line_open"), welfare_s=600.0, merge_radius_m=60.0,
        synonyms=("家暴", "家庭暴力", "domestic"),
    ),
    IncidentType(
        code="sexual_assault", priority=1, rings=POLICE_ONLY, needs=TWO, hazard="violent", restricted=True, gentle=True, protocol=DANGER,
        advice=("keep_line_open", "leave_if_safe"), merge_radius_m=60.0, synonyms=("强奸", "猥亵", "sexual assault"),
    ),
    IncidentType(
        code="intruder", priority=1, rings=OWN_TEAM, needs=TWO, hazard="violent", protocol=(*DANGER, "direction"), advice=KEEP_OFF,
        welfare_s=600.0, synonyms=("入室", "闯入", "intruder", "burglar inside"),
    ),
    IncidentType(
        code="officer_sos", priority=1, rings=POLICE_ONLY, needs=ARMED, hazard="armed", protocol=(), advice=(), welfare_s=120.0,
        synonyms=("民警求援", "officer down"),
    ),
    IncidentType(
        code="sos", priority=1, rings=OWN_TEAM, needs=TWO, hazard="unknown", protocol=("where_exactly", "weapon", "hurt"),
        advice=("keep_line_open",), welfare_s=600.0, merge_radius_m=80.0, synonyms=("一键报警", "紧急按钮", "panic button"),
    ),
    IncidentType(
        code="unknown", priority=2, rings=POLICE_ONLY, needs=ONE, hazard="unknown",
        protocol=("what_happens", "weapon", "where_exactly", "hurt"), advice=("keep_line_open",), welfare_s=900.0,
        synonyms=("不明", "unknown", "silent line"),
    ),
)  # fmt: skip

LIFE: tuple[IncidentType, ...] = (
    IncidentType(
        code="cardiac_arrest", priority=1, rings=EVERYBODY, needs=ONE, hazard="medical", protocol=("where_exactly", "breathing", "conscious"),
        advice=("start_cpr", "bring_aed", "keep_line_open"), merge_radius_m=80.0, synonyms=("心脏骤停", "没有呼吸", "cardiac arrest", "not breathing"),
    ),
    IncidentType(
        code="medical", priority=2, rings=OWN_THEN_ASK, needs=LOOK, hazard="medical",
        protocol=("where_exactly", "breathing", "conscious", "bleeding"), advice=("press_wound", "keep_line_open"), merge_radius_m=80.0,
        synonyms=("受伤", "昏倒", "急救", "injured", "collapsed"),
    ),
    IncidentType(
        code="fire", priority=1, rings=EVERYBODY, needs=TWO, hazard="fire", protocol=("where_exactly", "people_inside", "what_burns"),
        advice=("leave_if_safe", "close_doors", "no_lift"), synonyms=("起火", "火灾", "冒烟", "fire", "smoke"),
    ),
    IncidentType(
        code="drowning", priority=1, rings=EVERYBODY, needs=WATER, hazard="medical", protocol=("where_exactly", "seen_now", "how_many"),
        advice=("throw_float", "do_not_enter_water"), synonyms=("落水", "溺水", "drowning"),
    ),
    IncidentType(
        code="suicide_threat", priority=1, rings=OWN_TEAM, needs=TWO, hazard="unknown", gentle=True, restricted=True,
        protocol=("where_exactly", "height", "weapon", "alone"), advice=("keep_talking", "no_crowd"), welfare_s=900.0,
        synonyms=("轻生", "跳楼", "自杀", "suicide", "on the railing"),
    ),
    IncidentType(
        code="overdose_missing", priority=1, rings=POLICE_ONLY, needs=SEARCH, hazard="medical", gentle=True, restricted=True,
        protocol=("last_seen", "phone_state", "clothing", "likely_places"), advice=("keep_line_open",),
        synonyms=("服药", "失联", "overdose", "phone is off"),
    ),
    IncidentType(
        code="missing_child", priority=1, rings=EVERYBODY, needs=SEARCH, restricted=True, protocol=("last_seen", "clothing", "likely_places"),
        advice=("stay_where_you_are",), merge_radius_m=400.0, merge_within_s=3600.0, synonyms=("走失儿童", "孩子不见", "missing child"),
    ),
    IncidentType(
        code="missing_person", priority=2, rings=POLICE_ONLY, needs=SEARCH, restricted=True,
        protocol=("last_seen", "clothing", "phone_state", "likely_places"), advice=("stay_where_you_are",), merge_radius_m=400.0,
        merge_within_s=3600.0, synonyms=("走失", "失踪", "missing"),
    ),
    IncidentType(
        code="lost_elder", priority=3, rings=OWN_THEN_ASK, needs=LOOK, restricted=True, protocol=("where_exactly", "clothing", "name_known"),
        advice=("stay_with_person",), synonyms=("迷路老人", "走失老人", "lost elder"),
    ),
    IncidentType(
        code="crowd_crush", priority=1, rings=EVERYBODY, needs=ARMED, hazard="crowd", protocol=("where_exactly", "how_many", "exits_open"),
        advice=("move_sideways", "leave_if_safe"), merge_radius_m=300.0, synonyms=("拥挤", "踩踏", "crowd", "stampede"),
    ),
    IncidentType(
        code="building_collapse", priority=1, rings=OWN_THEN_ASK, needs=TWO, hazard="unknown",
        protocol=("where_exactly", "people_inside", "gas_smell"), advice=("leave_if_safe", "stay_away"), merge_radius_m=250.0,
        synonyms=("坍塌", "倒塌", "collapse"),
    ),
    IncidentType(
        code="gas_leak", priority=1, rings=OWN_TEAM, needs=TWO, hazard="fire", protocol=("where_exactly", "people_inside"),
        advice=("leave_if_safe", "no_sparks", "stay_away"), synonyms=("燃气", "煤气", "泄漏", "gas leak"),
    ),
    IncidentType(
        code="lift_trapped", priority=3, rings=OWN_TEAM, needs=LOOK, protocol=("where_exactly", "how_many", "hurt"),
        advice=("stay_calm_inside",), merge_radius_m=60.0, synonyms=("电梯", "困人", "lift", "elevator"),
    ),
)  # fmt: skip

ORDER: tuple[IncidentType, ...] = (
    IncidentType(
        code="quarrel", priority=3, rings=OWN_TEAM, needs=ONE, protocol=("where_exactly", "weapon", "how_many"), advice=("stay_calm",),
        synonyms=("吵架", "纠纷", "争吵", "quarrel", "dispute"),
    ),
    IncidentType(
        code="drunk", priority=3, rings=OWN_TEAM, needs=ONE, hazard="unknown", protocol=("where_exactly", "weapon", "conscious"),
        advice=("stay_away",), synonyms=("醉酒", "酒后", "drunk"),
    ),
    IncidentType(
        code="disturbance", priority=3, rings=POLICE_ONLY, needs=ONE, hazard="unknown", protocol=("where_exactly", "weapon", "how_many"),
        advice=("stay_away",), synonyms=("滋事", "扰乱", "disturbance"),
    ),
    IncidentType(
        code="theft_now", priority=2, rings=OWN_TEAM, needs=ONE, hazard="unknown",
        protocol=("where_exactly", "still_there", "weapon", "description", "direction"), advice=("do_not_chase",),
        synonyms=("扒窃", "正在偷", "thief now"),
    ),
    IncidentType(
        code="theft", priority=4, rings=POLICE_ONLY, needs=ONE, protocol=("where_exactly", "when", "what_taken"), advice=("do_not_touch",),
        synonyms=("盗窃", "被偷", "theft", "stolen"),
    ),
    IncidentType(
        code="burglary", priority=3, rings=POLICE_ONLY, needs=ONE, protocol=("where_exactly", "when", "still_there"),
        advice=("do_not_touch", "leave_if_safe"), synonyms=("入室盗窃", "burglary"),
    ),
    IncidentType(
        code="ebike_theft", priority=4, rings=POLICE_ONLY, needs=ONE, protocol=("where_exactly", "when", "what_taken"), advice=(),
        synonyms=("电动车被盗", "e-bike stolen"),
    ),
    IncidentType(
        code="damage", priority=4, rings=POLICE_ONLY, needs=ONE, protocol=("where_exactly", "when", "still_there"), advice=("do_not_touch",),
        synonyms=("损毁", "砸车", "damage", "vandalism"),
    ),
    IncidentType(
        code="traffic_injury", priority=2, rings=OWN_THEN_ASK, needs=ONE, hazard="medical", protocol=("where_exactly", "hurt", "road_blocked"),
        advice=("warn_traffic", "press_wound"), synonyms=("车祸", "交通事故伤人", "crash with injuries"),
    ),
    IncidentType(
        code="traffic", priority=4, rings=POLICE_ONLY, needs=LOOK, protocol=("where_exactly", "road_blocked"), advice=("warn_traffic",),
        synonyms=("剐蹭", "追尾", "traffic", "minor crash"),
    ),
    IncidentType(
        code="noise", priority=4, rings=CREW_WHEN_ASKED, needs=LOOK, protocol=("where_exactly", "since_when"), advice=(),
        synonyms=("噪音", "扰民", "noise"),
    ),
    IncidentType(
        code="dispute", priority=4, rings=OWN_TEAM, needs=LOOK, protocol=("where_exactly", "weapon"), advice=("stay_calm",),
        synonyms=("消费纠纷", "邻里纠纷", "neighbour dispute"),
    ),
    IncidentType(
        code="wage_dispute", priority=3, rings=OWN_TEAM, needs=ONE, hazard="crowd", protocol=("where_exactly", "how_many", "weapon"),
        advice=("stay_calm",), synonyms=("讨薪", "欠薪", "wages"),
    ),
    IncidentType(
        code="gambling_vice", priority=4, rings=POLICE_ONLY, needs=TWO, protocol=("where_exactly", "how_many"), advice=(),
        synonyms=("赌博", "卖淫", "gambling"),
    ),
    IncidentType(
        code="drugs", priority=3, rings=POLICE_ONLY, needs=TWO, hazard="unknown", protocol=("where_exactly", "how_many", "weapon"),
        advice=("stay_away",), synonyms=("吸毒", "毒品", "drugs"),
    ),
    IncidentType(
        code="suspicious", priority=3, rings=OWN_TEAM, needs=ONE, hazard="unknown", protocol=("where_exactly", "weapon", "description"),
        advice=("stay_away", "do_not_chase"), synonyms=("可疑", "suspicious"),
    ),
    IncidentType(
        code="dangerous_animal", priority=3, rings=OWN_TEAM, needs=ONE, protocol=("where_exactly", "hurt"), advice=("stay_away",),
        synonyms=("恶犬", "蛇", "dog", "snake"),
    ),
    IncidentType(
        code="found_property", priority=4, rings=CREW_WHEN_ASKED, needs=LOOK, protocol=("where_exactly",), advice=(),
        synonyms=("拾得", "失物", "found property"),
    ),
    IncidentType(
        code="other_help", priority=4, rings=CREW_WHEN_ASKED, needs=LOOK, protocol=("what_happens", "where_exactly"), advice=(),
        synonyms=("求助", "help"),
    ),
    IncidentType(
        code="sensor_alarm", priority=2, rings=OWN_TEAM, needs=ONE, hazard="unknown", protocol=(), advice=(), merge_radius_m=50.0,
        merge_within_s=300.0, synonyms=("报警器", "sensor"),
    ),
)  # fmt: skip

DESK: tuple[IncidentType, ...] = (
    IncidentType(
        code="fraud_paying", priority=1, rings=CREW_WHEN_ASKED, needs=LOOK, desk_measures=("stop_payment", "dissuasion"),
        protocol=("paid_already", "to_which_account", "still_talking_to_them"), advice=("stop_paying", "keep_line_open"), merge_radius_m=0.0,
        synonyms=("正在转账", "paying now"),
    ),
    IncidentType(
        code="fraud_network", priority=2, rings=DESK_FIRST, needs=LOOK, desk_measures=("stop_payment",),
        protocol=("paid_already", "to_which_account", "when"), advice=("stop_paying", "keep_evidence"), merge_radius_m=0.0,
        synonyms=("网络诈骗", "刷单", "online fraud"),
    ),
    IncidentType(
        code="fraud_phone", priority=2, rings=DESK_FIRST, needs=LOOK, desk_measures=("stop_payment", "dissuasion"),
        protocol=("paid_already", "to_which_account", "still_talking_to_them"), advice=("stop_paying", "hang_up"), merge_radius_m=0.0,
        synonyms=("电信诈骗", "冒充", "phone scam"),
    ),
    IncidentType(
        code="network_threat", priority=3, rings=DESK_FIRST, needs=LOOK, desk_measures=("keep_evidence",), protocol=("what_happens", "when"),
        advice=("keep_evidence",), merge_radius_m=0.0, synonyms=("网络暴力", "裸聊", "online threat"),
    ),
)  # fmt: skip

CATALOGUE: tuple[IncidentType, ...] = (*VIOLENT, *LIFE, *ORDER, *DESK)
"""All default rows; a city's register starts with them."""

DEFAULT_TYPES: dict[str, IncidentType] = {row.code: row for row in CATALOGUE}

FALLBACK = "unknown"
"""The type of an incident nobody has named: its gate is shut."""


def in_force(types: Mapping[str, IncidentType]) -> Mapping[str, IncidentType]:
    """The city's catalogue; the default one until there is any."""
    return types or DEFAULT_TYPES


def type_of(types: Mapping[str, IncidentType], code: str | None) -> IncidentType:
    """The row of a code: the register's, else the default one, else `unknown` (whose gate is shut)."""
    found = types.get(code or FALLBACK) or DEFAULT_TYPES.get(code or FALLBACK)
    return found or types.get(FALLBACK) or DEFAULT_TYPES[FALLBACK]


def need_at(row: IncidentType, level: int) -> Need:
    """What an alarm level asks for: the row's need of that level, else its highest below it."""
    fitting = [need for need in row.needs if need.level <= level]
    return (
        max(fitting, key=lambda need: need.level) if fitting else Need(level=level, units={"any": 1}, sworn=1)
    )
