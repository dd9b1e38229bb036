#include "collector/operate_convert.h"

#include "base/check.h"
#include "forewarn/v1/operate.pb.h"
#include "model/ids.h"

namespace forewarn {
namespace {

std::string_view ReasonName(UnknownReason reason) {
  switch (reason) {
    case UnknownReason::kNone: return "";
    case UnknownReason::kContactLost: return "contact_lost";
    case UnknownReason::kSeriesGone: return "series_gone";
  }
  FW_CHECK(false);
}

}  // namespace

void Write(const Labels& labels, google::protobuf::RepeatedPtrField<v1::Label>& out) {
  for (const auto& [name, value] : labels) {
    v1::Label* label = out.Add();
    label->set_name(name.data(), name.size());
    label->set_value(value.data(), value.size());
  }
}

void Write(const Alert& alert, v1::AlertInfo& out) {
  out.set_id(alert.id.ToString());
  out.set_customer(alert.customer);
  out.set_installation(alert.installation);
  out.set_rule(alert.rule);
  out.set_group(alert.group);
  out.set_state(std::string(AlertStateName(alert.state)));
  out.set_unknown_reason(std::string(ReasonName(alert.unknown_reason)));
  out.set_value(alert.value);
  Write(alert.labels, *out.mutable_labels());
  for (const auto& [name, value] : alert.annotations) {
    v1::Label* annotation = out.add_annotations();
    annotation->set_name(name);
    annotation->set_value(value);
  }
  out.set_active_since_ms(ToMillis(alert.active_since));
  out.set_fired_at_ms(ToMillisOrZero(alert.fired_at));
  out.set_predicted_breach_ms(ToMillisOrZero(alert.predicted_breach));
}

std::string_view ContactName(Contact contact) {
  switch (contact) {
    case Contact::kFresh: return "fresh";
    case Contact::kLate: return "late";
    case Contact::kLost: return "lost";
    case Contact::kRetired: return "retired";
    case Contact::kAirGapped: return "air_gapped";
  }
  FW_CHECK(false);
}

Status CheckCustomer(const std::string& customer) {
  if (IsSlug(customer)) return OkStatus();
  return InvalidArgument("customer: '" + customer.substr(0, 100) +
                         "' is not a customer's id ([a-z0-9-], at most 63 characters)");
}

}  // namespace forewarn
