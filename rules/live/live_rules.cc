#include "rules/live/live_rules.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "rules/next_place.h"

namespace forewarn {
namespace {

// What could not be kept up to date, or was ambiguous, is tried again after so much event time.
constexpr Duration kTryAgainAfter = 5min;
// And after there was too much in memory, so that all of it was given up.
constexpr Duration kTryAgainAfterTooMuch = 1h;
// What it costs to make labels, in samples touched.
constexpr uint64_t kLabelOperations = 25;

}  // namespace

LiveRules::LiveRules(const NumberedSource* source, Limits limits) {
  if (source != nullptr) watches_.emplace(*source, limits.samples);
}

void LiveRules::SetRules(std::shared_ptr<const LiveTable> table) {
  streams_.clear();
  found_stream_ = nullptr;
  if (watches_) watches_->Clear();
  table_ = std::move(table);
}

void LiveRules::Begin(const Applied* applied) {
  if (watches_) watches_->Begin(applied);
}

void LiveRules::End() {
  if (!watches_) return;
  watches_->End();
  if (!watches_->is_over_limit()) return;
  streams_.clear();
  found_stream_ = nullptr;
  watches_->Clear();
  not_before_ = newest_ + kTryAgainAfterTooMuch;
}

std::optional<promql::Vector> LiveRules::Evaluate(const PreparedGroup& group,
                                                  const PreparedRule& rule, const Stream& stream,
                                                  Timestamp at, Duration lookback) {
  work_ = 0;
  const uint64_t read = watches_ ? watches_->work() : 0;
  std::optional<promql::Vector> result = TryEvaluate(group, rule, stream, at, lookback);
  if (watches_) work_ += watches_->work() - read;
  ++(result ? live_ : general_);
  return result;
}

std::optional<promql::Vector> LiveRules::TryEvaluate(const PreparedGroup& group,
                                                     const PreparedRule& rule, const Stream& stream,
                                                     Timestamp at, Duration lookback) {
  if (!watches_ || rule.plan == nullptr) return std::nullopt;
  watches_->CatchUp();
  InStream& in = Find(stream);
  Bound& bound = BoundOf(in, rule.number);
  if (at < bound.not_before) return std::nullopt;
  newest_ = std::max(newest_, at);
  if (!bound.rule && at >= not_before_) bound.rule = Bind(group, rule, in, at);
  if (!bound.rule) {
    bound.not_before = at + kTryAgainAfter;
    return std::nullopt;
  }
  for (Watch* watch : bound.rule->watches()) {
    if (!watches_->Prepare(*watch, at).ok()) return std::nullopt;
  }
  const Timestamp data_at = at - group.query_offset;
  const auto evaluate = [&] {
    values_.work = 0;
    const uint64_t labels = bound.rule->labels_made();
    std::optional<promql::Vector> vector = bound.rule->Evaluate(data_at, lookback, values_);
    work_ += values_.work + (bound.rule->labels_made() - labels) * kLabelOperations;
    return vector;
  };
  std::optional<promql::Vector> result = evaluate();
  // What was too much work with those that have ended would hold up its shard twice.
  const bool was_too_much = work_ >= LiveRule::kWorkMax / 2;
  if (!result && (bound.rule->lacks_room() || (bound.rule->is_ambiguous() && was_too_much))) {
    bound.not_before = at + kTryAgainAfter;
  } else if (!result && bound.rule->is_ambiguous()) {
    for (Watch* watch : bound.rule->watches()) watches_->ForgetEnded(*watch);
    result = evaluate();
    if (!result) bound.not_before = at + kTryAgainAfter;
  }
  return result;
}

LiveRules::InStream& LiveRules::Find(const Stream& stream) {
  if (found_stream_ != &stream) {
    found_stream_ = &stream;
    found_ = &streams_[&stream];
    if (found_->rules.empty()) {
      found_->scope = {stream.customer, stream.installation, stream.probe};
    }
  }
  return *found_;
}

LiveRules::Bound& LiveRules::BoundOf(InStream& in, size_t rule) {
  const size_t place =
      NextPlace(in.rules, rule, in.next, [](const Bound& one) { return one.number; });
  in.next = place + 1;
  if (place == in.rules.size() || in.rules[place].number != rule) {
    in.rules.insert(in.rules.begin() + static_cast<ptrdiff_t>(place),
                    Bound{.number = rule, .rule = nullptr});
  }
  return in.rules[place];
}

std::unique_ptr<LiveRule> LiveRules::Bind(const PreparedGroup& group, const PreparedRule& rule,
                                          InStream& in, Timestamp at) {
  const std::vector<size_t>& selectors = table_->selectors[rule.number];
  std::map<size_t, Duration> keep;  // of each selector
  for (size_t i = 0; i < selectors.size(); ++i) {
    Duration& longest = keep[selectors[i]];
    longest = std::max(longest, rule.plan->selectors[i].reach() + group.query_offset);
  }
  std::map<size_t, std::optional<Duration>> before;  // what was kept of them
  for (const auto& [selector, wanted] : keep) {
    auto watched = in.watches.find(selector);
    before[selector] =
        watched == in.watches.end() ? std::nullopt : std::optional(watched->second->keep());
    if (Want(in, selector, wanted, at)) continue;
    for (const auto& [number, kept] : before) {
      auto changed = in.watches.find(number);
      if (changed == in.watches.end()) continue;
      if (kept) {
        Watches::Narrow(*changed->second, *kept);
      } else {
        watches_->Remove(changed->second);
        in.watches.erase(changed);
      }
    }
    return nullptr;
  }
  std::vector<Watch*> watches;
  for (size_t selector : selectors) watches.push_back(in.watches.at(selector));
  return std::make_unique<LiveRule>(rule.plan, std::move(watches), *watches_);
}

bool LiveRules::Want(InStream& in, size_t selector, Duration keep, Timestamp at) {
  auto found = in.watches.find(selector);
  if (found != in.watches.end()) {
    if (keep <= found->second->keep()) return true;
    StatusOr<bool> is_wider = watches_->Widen(*found->second, keep);
    return is_wider.ok() && *is_wider;
  }
  StatusOr<Watch*> made = watches_->Make(in.scope, table_->wanted[selector], keep, at);
  if (!made.ok() || *made == nullptr) return false;
  in.watches.emplace(selector, *made);
  return true;
}

void LiveRules::Forget(const Stream& stream) {
  found_stream_ = nullptr;
  auto found = streams_.find(&stream);
  if (found == streams_.end()) return;
  for (const auto& [selector, watch] : found->second.watches) watches_->Remove(watch);
  streams_.erase(found);
}

}  // namespace forewarn
