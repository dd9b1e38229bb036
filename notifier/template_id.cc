#include "notifier/template_id.h"

#include "notifier/catalogue.h"

namespace forewarn {
namespace {

constexpr std::string_view kWarningPrefix = "warning.";
constexpr std::string_view kCleared = ".cleared";

}  // namespace

std::string WarningTemplateOf(const Alert& alert) {
  std::string id = alert.warning_template;
  if (!id.starts_with(kWarningPrefix)) id.insert(0, kWarningPrefix);
  return HasTemplate(id) && HasTemplate(AllClearOf(id)) ? id : std::string(kGenericWarning);
}

std::string AllClearOf(std::string_view warning) {
  return std::string(warning) + std::string(kCleared);
}

std::string WarningOf(std::string_view all_clear) {
  return std::string(all_clear.substr(0, all_clear.size() - kCleared.size()));
}

bool IsEnding(const Notification& notification) {
  return notification.template_id == kTicketResolved ||
         notification.template_id.ends_with(kCleared);
}

bool IsBeginning(const Notification& notification) {
  return !IsEnding(notification) && notification.template_id != kTicketUpdated &&
         notification.state != DeliveryState::kSuppressed;
}

}  // namespace forewarn
