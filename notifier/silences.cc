#include "notifier/silences.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/units.h"

namespace forewarn {

namespace {

constexpr size_t kForgottenAtOnce = 256;
constexpr Timestamp kLastEnd = FromMillis(253'402'300'799'999);  // of the year 9999

}  // namespace

StatusOr<Matchers> ParseMatchers(const std::vector<std::string>& texts) {
  Matchers matchers;
  for (const std::string& text : texts) {
    FW_ASSIGN_OR_RETURN(Matcher matcher, ParseMatcher(text));
    matchers.push_back(std::move(matcher));
  }
  return matchers;
}

std::string DescribeSilence(const Silence& silence) {
  return fmt::format("silence {} by {} until {}: {}", silence.id, silence.created_by,
                     FormatTime(silence.to), silence.comment);
}

void Silences::Restore(Silence silence) {
  StatusOr<Matchers> matchers = ParseMatchers(silence.matchers);
  if (matchers.ok()) matchers_[silence.id] = *std::move(matchers);
  std::string id = silence.id;
  by_end_.emplace(silence.to, id);
  silences_[id] = std::move(silence);
}

Status Silences::Add(const Silence& silence, Timestamp now) {
  if (silence.id.empty() || silence.customer.empty()) {
    return InvalidArgument("a silence needs an id and a customer");
  }
  if (silences_.contains(silence.id)) {
    return AlreadyExists(fmt::format("there is a silence {} already", silence.id));
  }
  if (silence.matchers.empty()) {
    return InvalidArgument("a silence needs a matcher, such as alertname=\"DiskWillFill\"");
  }
  StatusOr<Matchers> matchers = ParseMatchers(silence.matchers);
  if (!matchers.ok()) return matchers.status().With("silence");
  if (silence.to <= silence.from || silence.to <= now) {
    return InvalidArgument(fmt::format("the silence ends at {}, which is not after {}",
                                       FormatTime(silence.to),
                                       silence.to <= silence.from ? "its beginning" : "now"));
  }
  // Beyond, sums with what is kept after its end would not be times any more.
  if (silence.to > kLastEnd) {
    return InvalidArgument("the silence ends after the year 9999; say when it ends");
  }
  silences_[silence.id] = silence;
  by_end_.emplace(silence.to, silence.id);
  matchers_[silence.id] = *std::move(matchers);
  return OkStatus();
}

StatusOr<Silence> Silences::Expire(const std::string& id, Timestamp now) {
  auto at = silences_.find(id);
  if (at == silences_.end()) return NotFound(fmt::format("there is no silence {}", id));
  Silence& silence = at->second;
  if (silence.to <= now) {
    return FailedPrecondition(
        fmt::format("silence {} ended at {}", silence.id, FormatTime(silence.to)));
  }
  by_end_.erase({silence.to, id});
  by_end_.emplace(now, id);
  silence.to = now;
  silence.from = std::min(silence.from, silence.to);
  return silence;
}

std::vector<std::string> Silences::Forget(Timestamp before) {
  std::vector<std::string> forgotten;
  while (!by_end_.empty() && by_end_.begin()->first <= before &&
         forgotten.size() < kForgottenAtOnce) {
    const std::string& id = forgotten.emplace_back(by_end_.begin()->second);
    silences_.erase(id);
    matchers_.erase(id);
    by_end_.erase(by_end_.begin());
  }
  return forgotten;
}

std::optional<Timestamp> Silences::FirstEnd() const {
  if (by_end_.empty()) return std::nullopt;
  return by_end_.begin()->first;
}

const Silence* Silences::Stopping(const Alert& alert, Timestamp at) const {
  for (const auto& [id, matchers] : matchers_) {
    const Silence& silence = silences_.at(id);
    if (silence.customer == alert.customer && silence.from <= at && at < silence.to &&
        MatchesAll(matchers, alert.labels)) {
      return &silence;
    }
  }
  return nullptr;
}

const Silence* Silences::StoppingAll(const std::vector<Alert>& alerts, Timestamp at) const {
  const Silence* silence = nullptr;
  for (const Alert& alert : alerts) {
    silence = Stopping(alert, at);
    if (silence == nullptr) break;
  }
  return silence;
}

}  // namespace forewarn
