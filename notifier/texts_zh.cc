// What we say in Chinese (simplified). The notation is that of notifier/catalogue.h.

#include <fmt/format.h>

#include "notifier/catalogue.h"

namespace forewarn {
namespace {

// Parts that several texts share; macros, since only literals concatenate.
#define FW_TICKET_FACTS                                          \
  "工单：{ticket}\n"                                          \
  "?previous 之前的工单：{previous}\n"                     \
  "严重程度：{severity|word}\n"                             \
  "客户：{customer_name}（{customer}）\n"                   \
  "安装实例：{installation}\n"                              \
  "规则：{rule}\n"                                            \
  "?summary 现象：{summary}\n"                                \
  "开始时间：{since_at|time}\n"                             \
  "?value ?expected 测量值：{value}；预期：{expected}\n" \
  "?value !expected 测量值：{value}\n"                       \
  "?predicted_at 预计故障时间：{predicted_at|time}\n"     \
  "?lead 剩余时间：{lead|about}\n"                          \
  "?more 其他告警：{more} 个（{others}）\n"              \
  "?description 详情：{description}\n"                        \
  "?cause 可能原因：{cause}\n"                              \
  "?next_step 下一步：{next_step}\n"                         \
  "?playbook 处理手册：{playbook}\n"                        \
  "?owner 负责人：{owner}\n"

#define FW_LATE_NOTE \
  "?late \n"         \
  "?late 说明：本消息所依据的数据晚到。上述时间均为数据本身的时间。\n"

#define FW_SIGNATURE                                                                              \
  "\n"                                                                                            \
  "?owner 您的专属工程师：{owner}。\n"                                                   \
  "!owner 我们的支持团队正在跟进此事。\n"                                           \
  "?owner_email 如有疑问或回复，请写信至 {owner_email}，并注明 {ticket}。\n"     \
  "!owner_email 如有疑问或回复，请联系您的支持联系人，并注明 {ticket}。\n" \
  "\n"                                                                                            \
  "本消息由系统自动发出，涉及 {customer_name} 的安装实例 {installation}，工单 {ticket}。\n"

constexpr TemplateText kTexts[] = {
    {"ticket.opened", "[{ticket}] {severity|word}：{title}（{customer_name}，{installation}）",
     "新工单已创建。\n"
     "\n" FW_TICKET_FACTS FW_LATE_NOTE},

    {"ticket.updated",
     "[{ticket}] 升级为{severity|word}：{title}（{customer_name}，{installation}）",
     "工单的严重程度已升级。\n"
     "\n" FW_TICKET_FACTS FW_LATE_NOTE},

    {"ticket.reopened", "[{ticket}] 再次出现：{title}（{customer_name}，{installation}）",
     "已解决的问题再次出现，工单已重新打开。\n"
     "\n" FW_TICKET_FACTS FW_LATE_NOTE},

    {"ticket.resolved",
     "?unproven [{ticket}] 结束但未经证实：{title}（{customer_name}，{installation}）\n"
     "?prevented [{ticket}] 已避免故障：{title}（{customer_name}，{installation}）\n"
     "[{ticket}] 已解决：{title}（{customer_name}，{installation}）",
     "?unproven 工单已没有告警，但并非全部得到解决的证实：有数据序列已消失。\n"
     "?unproven 客户不会收到解除通知。请查明结果并告知客户。\n"
     "!unproven 工单的所有告警均已解决。\n"
     "?prevented 原预计于 {predicted_at|time} 发生的故障没有发生。\n"
     "\n"
     "工单：{ticket}\n"
     "严重程度：{severity|word}\n"
     "客户：{customer_name}（{customer}）\n"
     "安装实例：{installation}\n"
     "规则：{rule}\n"
     "开始时间：{since_at|time}\n"
     "?cleared_at 结束时间：{cleared_at|time}\n" FW_LATE_NOTE},

    {"contact_lost", "[{ticket}] 失去联系：{customer_name}，安装实例 {installation}",
     "我们已收不到该安装实例的数据。在其恢复上报之前，相关告警的状态为未知，而不是已解决。\n"
     "\n" FW_TICKET_FACTS "!cause 可能原因：探针或其主机已停止，或者网络中断。\n"
     "!next_step 下一步：请向客户确认主机是否在运行、能否连接采集端；在主机上执行 forewarn-probe "
     "status "
     "可查看探针状态。\n" FW_LATE_NOTE},

    {"warning.disk_will_fill",
     "?lead ?label.mountpoint [{ticket}] {installation} 的磁盘 {label.mountpoint} 预计"
     "{lead|about}"
     "后写满\n"
     "?label.mountpoint [{ticket}] {installation} 的磁盘 {label.mountpoint} 即将写满\n"
     "[{ticket}] {installation} 的一块磁盘即将写满",
     "{customer_name} 团队：\n"
     "\n"
     "您的安装实例 {installation} 有一块磁盘的可用空间正在持续减少。如不处理，磁盘将被写满，"
     "向其写入数据的程序将出现故障。目前尚未发生故障。\n"
     "\n"
     "现象：{summary}\n"
     "?label.mountpoint ?label.instance 位置：{label.instance} 的 {label.mountpoint}\n"
     "?label.mountpoint !label.instance 位置：{label.mountpoint}\n"
     "开始时间：{since_at|time}\n"
     "?expected 测量值：{value}；预期：{expected}\n"
     "!expected 测量值：{value}；预期：可用空间足够未来数小时使用\n"
     "?predicted_at 预计写满时间：约 {predicted_at|time}\n"
     "?lead 剩余时间：{lead|about}\n"
     "?more 其他磁盘：{more} 个（{others}）\n"
     "?cause 可能原因：{cause}\n"
     "!cause 可能原因：写入的数据多于清理的数据，最常见的是日志、转储文件或临时文件。\n"
     "?next_step 下一步：{next_step}\n"
     "!next_step 下一步：请在上述时间之前清理空间或扩容。可用 du -xh 目录 | sort -h "
     "查看占用最多的内容。\n" FW_LATE_NOTE "\n"
     "风险解除后，我们会立即通知您。\n" FW_SIGNATURE},

    {"warning.disk_will_fill.cleared",
     "?label.mountpoint [{ticket}] 风险解除：{installation} 的磁盘 {label.mountpoint} "
     "不再持续写满\n"
     "[{ticket}] 风险解除：{installation} 的磁盘不再持续写满",
     "{customer_name} 团队：\n"
     "\n"
     "此前提醒您的安装实例 {installation} 的磁盘，可用空间已不再持续减少。\n"
     "?prevented 磁盘没有被写满。感谢您及时处理。\n"
     "\n"
     "现象：{summary}\n"
     "?label.mountpoint ?label.instance 位置：{label.instance} 的 {label.mountpoint}\n"
     "?label.mountpoint !label.instance 位置：{label.mountpoint}\n"
     "开始时间：{since_at|time}\n"
     "?cleared_at 结束时间：{cleared_at|time}\n" FW_LATE_NOTE FW_SIGNATURE},

    {"warning.generic", "[{ticket}] {installation}：{summary}",
     "{customer_name} 团队：\n"
     "\n"
     "我们在您的安装实例 {installation} 上发现了可能导致故障的情况。\n"
     "\n"
     "现象：{summary}\n"
     "?description 详情：{description}\n"
     "开始时间：{since_at|time}\n"
     "?expected 测量值：{value}；预期：{expected}\n"
     "!expected 测量值：{value}\n"
     "?predicted_at 预计故障时间：约 {predicted_at|time}\n"
     "?lead 剩余时间：{lead|about}\n"
     "?more 类似情况：{more} 个（{others}）\n"
     "?cause 可能原因：{cause}\n"
     "!cause 可能原因：尚不清楚，我们的工程师正在调查。\n"
     "?next_step 下一步：{next_step}\n"
     "!next_step 下一步：目前无需您采取行动；如有需要，我们会写信告知。\n" FW_LATE_NOTE "\n"
     "风险解除后，我们会立即通知您。\n" FW_SIGNATURE},

    {"warning.generic.cleared", "[{ticket}] {installation} 风险解除：{summary}",
     "{customer_name} 团队：\n"
     "\n"
     "此前提醒您的安装实例 {installation} 的情况已经结束。\n"
     "?prevented 预计的故障没有发生。\n"
     "\n"
     "现象：{summary}\n"
     "开始时间：{since_at|time}\n"
     "?cleared_at 结束时间：{cleared_at|time}\n" FW_LATE_NOTE FW_SIGNATURE},
};

constexpr std::pair<std::string_view, std::string_view> kWords[] = {
    {"info", "提示"},
    {"warning", "警告"},
    {"error", "错误"},
    {"critical", "严重"},
};

// `2026年5月1日 18:00（UTC+08:00）`.
std::string FormatLocalTime(Timestamp local, std::chrono::seconds offset) {
  LocalTime t = SplitLocal(local);
  return fmt::format("{}年{}月{}日 {:02}:{:02}（{}）", t.year, t.month, t.day, t.hour, t.minute,
                     FormatOffset(offset));
}

std::string FormatLocalDuration(Duration d) {
  return JoinDuration(d, " 天", " 小时", " 分钟", "不到 1 分钟");
}

std::string FormatRoughDuration(Duration d) {
  return d < 1min ? FormatLocalDuration(d) : "约 " + FormatLocalDuration(d);
}

}  // namespace

const Language kChinese = {
    "zh", kTexts, kWords, FormatLocalTime, FormatLocalDuration, FormatRoughDuration};

}  // namespace forewarn
