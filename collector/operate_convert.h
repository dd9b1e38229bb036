#pragma once

#include <optional>
#include <string>

#include "base/status.h"
#include "base/time.h"
#include "model/alert.h"
#include "model/labels.h"
#include "model/probe.h"

namespace google::protobuf {
template <typename T>
class RepeatedPtrField;
}
namespace forewarn::v1 {
class AlertInfo;
class Label;
}  // namespace forewarn::v1

namespace forewarn {

// What several of the operators' services say in the same words.

// Zero for none, as in operate.proto.
inline int64_t ToMillisOrZero(const std::optional<Timestamp>& at) { return at ? ToMillis(*at) : 0; }

void Write(const Labels& labels, google::protobuf::RepeatedPtrField<v1::Label>& out);
void Write(const Alert& alert, v1::AlertInfo& out);

// `fresh`, `late`, …
std::string_view ContactName(Contact contact);

// kInvalidArgument unless `customer` is a slug.
Status CheckCustomer(const std::string& customer);

}  // namespace forewarn
