"""The words of the replay report, each in English and Chinese.

Idea: the page carries both languages and shows one by a switch without a script; so each word is a pair and none can be missing. Kept apart from the
message catalogues because the page is made once and never asks who reads it.
"""

from __future__ import annotations

from html import escape

WORDS: dict[str, tuple[str, str]] = {
    "title": ("Replay report", "回放报告"),
    "subtitle": (
        "Recorded calls through the same core that dispatches live, under a simulated clock.",
        "把真实接警记录放进同一套指挥内核，用模拟时钟重新走一遍。",
    ),
    "calls": ("calls", "起警情"), "units": ("units", "个单元"), "facts": ("facts", "条事实"), "reached": ("reached", "已到达"),
    "facts_per_call": ("facts a call", "每警事实数"), "alerts_per_arrival": ("alerts per arrival", "每到达一次的呼叫数"),
    "median": ("median, call → first on scene", "中位数：接警→首到"), "p90": ("90th percentile", "第90百分位"),
    "modelled": ("modelled", "模拟"), "recorded": ("recorded", "实际"),
    "phases_title": ("Intervals by phase", "各阶段用时"),
    "phases_note": (
        "Bar: 10th to 90th percentile; mark: median. Percentiles do not add up, so each phase stands alone.",
        "横条：第10到第90百分位；竖线：中位数。百分位不可相加，各阶段单独看。",
    ),
    "processing": ("processing", "受理"), "turnout": ("turnout", "出动"), "travel": ("travel", "路途"), "total": ("total", "全程"),
    "cdf_title": ("Share of calls reached within …", "在该时间内到达的比例"), "minutes": ("minutes since the call", "接警后分钟数"),
    "scatter_title": ("Modelled against recorded, one dot a call", "逐警对照：模拟与实际"),
    "scatter_note": ("On the line both agree. Seconds from call to first on scene.", "线上为一致。单位：接警到首到的秒数。"),
    "hours_title": ("By hour of day", "按小时"), "hours_note": ("Bars: calls. Lines: median total.", "柱：警情数；线：全程中位数。"),
    "map_title": ("Where it took how long (modelled)", "各处用时（模拟）"), "station": ("station", "站点"),
    "not_reached": ("not reached", "未到达"), "under": ("under {minutes} min", "{minutes} 分钟内"), "over": ("over {minutes} min", "超过 {minutes} 分钟"),
    "compare_title": ("How near the model is", "模拟与实际有多接近"), "phase": ("phase", "阶段"), "count": ("calls compared", "对照警数"),
    "bias": ("mean bias, s", "平均偏差（秒）"), "median_bias": ("median bias, s", "中位偏差（秒）"), "mean_abs": ("mean abs. error, s", "平均绝对误差（秒）"),
    "pearson": ("Pearson r", "皮尔逊相关"), "spearman": ("Spearman ρ", "斯皮尔曼相关"),
    "learned": (
        "travel, one factor learned on the first half, judged on the second",
        "路途：用前一半学得一个系数，在后一半上检验",
    ),
    "within_title": ("Within the limit", "达标率"), "limit": ("limit", "时限"), "clocks_title": ("Promises (clocks)", "承诺时钟"),
    "met": ("met", "兑现"), "breached": ("breached", "未兑现"),
    "honest_title": ("What this does not model", "没有模拟的部分"),
    "source_title": ("How it was made", "如何得出"), "city": ("city", "城市"), "policy": ("alert policy", "呼叫策略"), "seed": ("seed", "随机种子"),
    "digest": ("digest of all facts", "全部事实的摘要"), "rate": ("calls replayed a second", "每秒回放警数"), "left_out": ("rows left out", "未采用的行"),
    "off_network": ("calls with no street for a car near", "附近没有汽车道路的警情"),
    "units_off_network": ("units with no street for their mode near", "附近没有可行道路的单元"),
    "within_note": (
        "Modelled: of all calls, also those nobody reached. Recorded: of the calls whose arrival the file knows.",
        "模拟：占全部警情，含无人到达的。实际：占文件记有到达时间的警情。",
    ),
    "verdict": (
        "Call to first on scene, medians: {ours} s modelled, {theirs} s recorded; on the road {road_ours} s and {road_theirs} s. The end of the page says why.",
        "从接警到首到（中位数），模拟 {ours} 秒，实际 {theirs} 秒；仅路途，模拟 {road_ours} 秒，实际 {road_theirs} 秒。差异的由来列在页末。",
    ),
    "clock.self_rescue": ("self-rescue, 1 minute", "自救 1 分钟"), "clock.neighbour_aid": ("neighbour aid, 3 minutes", "互救 3 分钟"),
    "clock.reinforcement": ("reinforcement, 5 minutes", "增援 5 分钟"), "clock.zone": ("target of the zone", "区域时限"),
    "left.no_time": ("no time that can be read:", "时间无法读取："), "left.no_place": ("no place:", "没有位置："),
    "attribution": ("Data: see the publisher named in the file's own documentation.", "数据来源：见数据文件随附说明中的发布者。"),
    "no_record": ("The file holds no recorded arrival, so there is nothing to compare with.", "文件没有记录到达时间，无可对照。"),
    # what is not modelled, by code
    "not.traffic": (
        "Traffic by hour: travel times are the same at 03:00 and at 17:00.",
        "分时路况：凌晨三点与下午五点的路上用时相同。",
    ),
    "not.questioning": (
        "The call-taker's questioning: how long it takes is drawn from a distribution measured in another week, not taken from the file.",
        "接警员的询问过程：时长按另一周实测的分布抽取，不取自文件。",
    ),
    "not.unit_kinds": (
        "Which crew carries what: every unit of the file is one kind here, a recorded call may have waited for a medic.",
        "车组类别：这里文件中的单元都视为同类，实际可能在等救护组。",
    ),
    "not.posts": (
        "Where units really stood: a unit without work is at its station here; recorded units were often out on the road.",
        "单元的真实位置：空闲单元在这里都在站内，实际常在路上。",
    ),
    "not.scene": (
        "Real time on scene: it is drawn from a distribution with its source in the code, not from the file.",
        "真实处置时长：按有来源的分布抽取，不取自文件。",
    ),
    "not.other_work": (
        "Work that is not in the file: transports, training, calls of other days.",
        "文件以外的工作：转运、训练、其他日子的警情。",
    ),
    "not.one_way": ("One-way streets: the street file has none.", "单行道：路网文件没有此信息。"),
    "not.on_scene_early": (
        "Crews that press 'on scene' late or early; the recorded stamps are taken as they are.",
        "到场按键早晚的误差：实际时间戳原样采用。",
    ),
}  # fmt: skip


def both(key: str, tag: str = "span", **parameters: str) -> str:
    """A word in both languages, one of which the page shows; parameters fill its braces."""
    english, chinese = (word.format(**parameters) for word in WORDS[key])
    return f'<{tag} class="en" lang="en">{escape(english)}</{tag}><{tag} class="zh" lang="zh-CN">{escape(chinese)}</{tag}>'


def both_text(key: str, x: float, y: float, style: str = "", more: str = "", **parameters: str) -> str:
    """A word in both languages as text of a drawing; parameters fill its braces."""
    english, chinese = (word.format(**parameters) for word in WORDS[key])
    place = f'x="{x:.1f}" y="{y:.1f}" {style}'
    return f'<text class="en" {place}>{escape(english)}{more}</text><text class="zh" {place}>{escape(chinese)}{more}</text>'
