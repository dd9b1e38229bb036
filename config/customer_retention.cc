#include "config/customer_retention.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/units.h"
#include "config/mistake.h"
#include "config/schema_value.h"
#include "config/schema_yaml.h"

namespace forewarn {
namespace {

constexpr const char* kFile = "customers.yaml";

// Where the settings of customers are written.
class Places {
 public:
  explicit Places(const Bundle& bundle) {
    auto file = std::find_if(bundle.files.begin(), bundle.files.end(),
                             [](const BundleFile& file) { return file.path == kFile; });
    std::vector<Mistake> none;  // it was read before
    if (file != bundle.files.end()) root_ = ParseYaml(kFile, file->text, none, file->text.size());
  }
  // Of the customer at this place of the list, as exactly as it is known.
  Mistake At(size_t customer, const char* key, std::string text) const {
    const YamlNode* at = root_.Find("customers");
    if (at == nullptr || !at->is_list() || customer >= at->items.size()) {
      return {kFile, 0, 0, std::move(text)};
    }
    at = &at->items[customer];
    for (const char* name : {"retention", key}) {
      const YamlNode* inside = at->Find(name);
      if (inside == nullptr) break;
      at = inside;
    }
    return {kFile, at->line, at->column, std::move(text)};
  }

 private:
  YamlNode root_;
};

Setting<CustomerRetention> KeptFor(std::string name, Duration CustomerRetention::*member,
                                   std::string help) {
  ValueKind<Duration> kind = DurationKind(24h, 10 * 365 * 24h);
  kind.print = [print = kind.print](const Duration& value) {
    return value == Duration{0} ? std::string() : print(value);
  };
  return Value(std::move(name), member, std::move(kind), std::move(help));
}

}  // namespace

const Schema<CustomerRetention>& CustomerRetentionSchema() {
  static const Schema<CustomerRetention> schema =
      Schema<CustomerRetention>{
          KeptFor("samples", &CustomerRetention::samples,
                  "How long samples are kept, a day longer than the collector's "
                  "`limits.accepted_age` at least."),
          KeptFor("rollups", &CustomerRetention::rollups,
                  "How long what is left of samples is kept, as long as those at least."),
          KeptFor("events", &CustomerRetention::events,
                  "How long events, checks, changes and steps of alerts are kept."),
      }
          .Also([](const CustomerRetention& retention, const YamlNode& node,
                   FileMistakes& mistakes) {
            if (retention.rollups > Duration{0} && retention.rollups < retention.samples) {
              mistakes.Add(node, "'rollups' must not be below 'samples', which they are left of");
            }
          });
  return schema;
}

CustomerRetention EffectiveRetention(const CustomerRetention& own,
                                     const RetentionSettings& settings) {
  auto given = [](Duration own, Duration other) { return own > Duration{0} ? own : other; };
  return {given(own.samples, settings.samples), given(own.rollups, settings.rollups),
          given(own.events, settings.events)};
}

Status CheckRetention(const Bundle& bundle, const CollectorSettings& settings) {
  std::optional<Places> places;  // most bundles need none
  std::vector<Mistake> mistakes;
  const Duration least = settings.limits.accepted_age + 24h;
  for (size_t i = 0; i < bundle.customers.size(); ++i) {
    const Customer& customer = bundle.customers[i];
    const CustomerRetention& own = customer.retention;
    if (own.samples == Duration{0} && own.rollups == Duration{0}) continue;
    auto add = [&](const char* key, std::string text) {
      if (!places) places.emplace(bundle);
      mistakes.push_back(places->At(i, key, std::move(text)));
    };
    const CustomerRetention kept = EffectiveRetention(own, settings.retention);
    if (own.samples > Duration{0} && own.samples < least) {
      add("samples",
          fmt::format("'retention.samples' of customer {} must be {} at least, a day above the "
                      "collector's 'limits.accepted_age', not {}: what is sent again would be "
                      "counted again",
                      customer.id, FormatDuration(least), FormatDuration(own.samples)));
    }
    if (kept.rollups < kept.samples) {
      add(own.rollups > Duration{0} ? "rollups" : "samples",
          fmt::format(
              "rollups of customer {} would be kept for {}, less than the samples that they "
              "are left of, {}: give it 'retention.rollups' of {} at least",
              customer.id, FormatDuration(kept.rollups), FormatDuration(kept.samples),
              FormatDuration(kept.samples)));
    }
  }
  return MistakesToStatus(std::move(mistakes));
}

std::vector<std::string> ShorterRetention(const Bundle& before, const Bundle& after,
                                          const RetentionSettings& settings) {
  std::vector<std::string> sentences;
  for (const Customer& customer : before.customers) {
    const Customer* stays = after.FindCustomer(customer.id);
    const CustomerRetention was = EffectiveRetention(customer.retention, settings);
    const CustomerRetention will =
        EffectiveRetention(stays == nullptr ? CustomerRetention{} : stays->retention, settings);
    std::string kinds;
    auto add = [&](std::string_view kind, Duration from, Duration to) {
      if (to >= from) return;
      kinds += fmt::format("{}{} {} -> {}", kinds.empty() ? "" : ", ", kind, FormatDuration(from),
                           FormatDuration(to));
    };
    add("samples", was.samples, will.samples);
    add("rollups", was.rollups, will.rollups);
    add("events", was.events, will.events);
    if (kinds.empty()) continue;
    sentences.push_back(
        stays != nullptr
            ? fmt::format("customer {} is kept for less: {}; what is older goes within ten minutes "
                          "and does not come back",
                          customer.id, kinds)
            : fmt::format("customer {} is taken out and kept for less: {}; what is older goes "
                          "within ten minutes once they have been out for a day, and does not "
                          "come back",
                          customer.id, kinds));
  }
  return sentences;
}

Status CheckRetentionInForce(const Bundle& bundle, const CollectorSettings& settings) {
  Status kept = CheckRetention(bundle, settings);
  if (kept.ok()) return kept;
  return FailedPrecondition(fmt::format(
      "the bundle in force asks for what these settings cannot keep; set 'retention' and "
      "'limits.accepted_age' back, apply a bundle that fits the new ones, and set them "
      "then: {}",
      kept.message()));
}

}  // namespace forewarn
