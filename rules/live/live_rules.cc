#include "rules/live/live_rules.h"

#include <algorithm>
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
  if (!bound.rule && at >= not_before_) bound.rule = Bind(rule, in, at);
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
  if (!result && bound.rule->is_ambiguous() && was_too_much) {
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

std::unique_ptr<LiveRule> LiveRules::Bind(const PreparedRule& rule, InStream& in, Timestamp at) {
  std::vector<Watch*> watches;
  std::vector<size_t> made_now;
  for (size_t selector : table_->selectors[rule.number]) {
    auto [found, is_new] = in.watches.try_emplace(selector);
    if (is_new) {
      made_now.push_back(selector);
      const LiveTable::Wanted& wanted = table_->wanted[selector];
      StatusOr<Watch*> made = watches_->Make(in.scope, wanted.matchers, wanted.keep, at);
      if (!made.ok() || *made == nullptr) {
        for (size_t number : made_now) {
          if (const Watch* watch = in.watches.extract(number).mapped()) watches_->Remove(watch);
        }
        return nullptr;
      }
      found->second = *made;
    }
    watches.push_back(found->second);
  }
  return std::make_unique<LiveRule>(rule.plan, std::move(watches), watches_->source());
}

void LiveRules::Forget(const Stream& stream) {
  found_stream_ = nullptr;
  auto found = streams_.find(&stream);
  if (found == streams_.end()) return;
  for (const auto& [selector, watch] : found->second.watches) watches_->Remove(watch);
  streams_.erase(found);
}

}  // namespace forewarn
