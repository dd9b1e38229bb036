#include "rules/awake_rules.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/check.h"
#include "rules/next_place.h"
#include "rules/scope_matchers.h"

namespace forewarn {
namespace {

// Looking at each series costs about a fiftieth of looking for a selector's.
constexpr size_t kSeriesPerSelector = 50;

}  // namespace

bool AwakeRules::RunsIn(const PreparedRule& rule, const Stream& stream) {
  return rule.per_round == !stream.probe.empty() && rule.IsFor(stream.customer);
}

void AwakeRules::SetRules(std::shared_ptr<const PreparedRules> rules) {
  in_streams_.clear();
  found_ = nullptr;
  rules_ = std::move(rules);
}

void AwakeRules::Begin(const Applied* applied) {
  applied_ = applied;
  series_taken_ = 0;
  CatchUp();
}

void AwakeRules::End() {
  CatchUp();
  applied_ = nullptr;
}

void AwakeRules::CatchUp() {
  if (applied_ == nullptr || source_ == nullptr) return;
  for (; series_taken_ < applied_->series.size(); ++series_taken_) {
    WakeBy(applied_->series[series_taken_].labels);
  }
}

void AwakeRules::WakeBy(const Labels& series) {
  if (in_streams_.empty()) return;
  std::vector<size_t> concerned;
  rules_->index.ForEachConcerned(series, [&](size_t rule) { concerned.push_back(rule); });
  if (concerned.empty()) return;
  const std::string customer(series.Get("customer"));
  const std::string installation(series.Get("installation"));
  const std::string probe(series.Get("probe"));
  for (const std::string& of : {std::string(), probe}) {
    auto in = in_streams_.find(StreamId(customer, installation, of));
    if (in == in_streams_.end()) continue;
    for (size_t rule : concerned) Wake(in->second, rule);
  }
}

void AwakeRules::Wake(InStream& in, size_t rule) {
  if (!RunsIn(*rules_->by_number[rule].rule, *in.stream)) return;
  auto at = std::ranges::lower_bound(in.rules, rule);
  if (at == in.rules.end() || *at != rule) in.rules.insert(at, rule);
}

AwakeRules::InStream& AwakeRules::Find(const Stream& stream) {
  if (found_ == nullptr || found_->stream != &stream) {
    auto [at, is_new] = in_streams_.try_emplace(stream.id());
    found_ = &at->second;
    found_->stream = &stream;
    if (is_new) Fill(*found_);
  }
  return *found_;
}

void AwakeRules::Fill(InStream& in) {
  const Stream& stream = *in.stream;
  std::vector<bool> is_awake(rules_->by_number.size());
  for (size_t rule : rules_->index.unconditional()) is_awake[rule] = true;
  const auto wake_key = [&](Fingerprint key) {
    auto [first, last] = rules_->by_key.equal_range(key);
    for (auto at = first; at != last; ++at) is_awake[at->second] = true;
  };
  const std::string id = stream.id();
  for (Fingerprint key : alerts_.RulesIn(id)) wake_key(key);
  for (Fingerprint key : streams_.RecordersIn(id)) wake_key(key);
  const Matchers scope = ScopeMatchers(stream.customer, stream.installation, stream.probe);
  const StatusOr<std::vector<SeriesId>> matching = source_->Match(scope);
  FW_CHECK(matching.ok());  // equalities alone
  const std::vector<SeriesId>& series = *matching;
  if (rules_->index.entries().size() < series.size() / kSeriesPerSelector) {
    for (const RuleIndex::Entry& entry : rules_->index.entries()) {
      Matchers all = entry.selector;
      all.insert(all.end(), scope.begin(), scope.end());
      // What is too much work to say fails when it is evaluated, which is to be told.
      const StatusOr<std::vector<SeriesId>> found = source_->Match(all);
      if (found.ok() && found->empty()) continue;
      for (size_t rule : entry.rules) is_awake[rule] = true;
    }
  } else {
    for (SeriesId one : series) {
      rules_->index.ForEachConcerned(source_->LabelsOf(one),
                                     [&](size_t rule) { is_awake[rule] = true; });
    }
  }
  for (size_t rule = 0; rule < rules_->by_number.size(); ++rule) {
    if (is_awake[rule] && RunsIn(*rules_->by_number[rule].rule, stream)) in.rules.push_back(rule);
  }
}

std::optional<PreparedRules::Place> AwakeRules::FindNext(const Stream& stream) const {
  if (!stream.next) return std::nullopt;
  const auto [first, last] = rules_->by_key.equal_range(stream.next->key);
  for (auto at = first; at != last; ++at) {
    if (RunsIn(*rules_->by_number[at->second].rule, stream)) return rules_->by_number[at->second];
  }
  return std::nullopt;
}

size_t AwakeRules::TakeNext(Stream& stream) const {
  const std::optional<PreparedRules::Place> next = FindNext(stream);
  stream.next.reset();
  return next ? next->rule->number : 0;
}

std::optional<PreparedRules::Place> AwakeRules::Next(const Stream& stream, size_t from) {
  if (source_ == nullptr) {
    while (from < rules_->by_number.size() && !RunsIn(*rules_->by_number[from].rule, stream))
      ++from;
    if (from >= rules_->by_number.size()) return std::nullopt;
    return rules_->by_number[from];
  }
  CatchUp();
  InStream& in = Find(stream);
  in.next = NextPlace(in.rules, from, in.next, std::identity());
  if (in.next == in.rules.size()) return std::nullopt;
  return rules_->by_number[in.rules[in.next++]];
}

void AwakeRules::Forget(const Stream& stream) {
  found_ = nullptr;
  in_streams_.erase(stream.id());
}

}  // namespace forewarn
