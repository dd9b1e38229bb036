#include "rules/live/live_rules.h"

#include <algorithm>
#include <utility>

namespace forewarn {
namespace {

// What could not be kept up to date, or was ambiguous, is tried again after so much event time.
constexpr Duration kTryAgainAfter = 5min;

Scope ScopeOf(const Stream& stream) { return {stream.customer, stream.installation, stream.probe}; }

}  // namespace

LiveRules::LiveRules(const NumberedSource* source, Limits limits) {
  if (source != nullptr) watches_.emplace(*source, limits.samples);
}

void LiveRules::SetRules(const std::vector<PreparedGroup>& groups) {
  streams_.clear();
  found_stream_ = nullptr;
  keep_.clear();
  rule_count_ = 0;
  if (watches_) watches_->Clear();
  for (const PreparedGroup& group : groups) {
    for (const PreparedRule& rule : group.rules) {
      rule_count_ = std::max(rule_count_, rule.number + 1);
      if (rule.plan == nullptr) continue;
      for (const LivePlan::Selector& selector : rule.plan->selectors) {
        Duration& keep = keep_[selector.text];
        keep = std::max(keep, selector.range + group.query_offset);
      }
    }
  }
}

void LiveRules::Begin(const Applied* applied) {
  if (watches_) watches_->Begin(applied);
}

void LiveRules::End() {
  if (watches_) watches_->End();
}

std::optional<promql::Vector> LiveRules::Evaluate(const PreparedGroup& group,
                                                  const PreparedRule& rule, const Stream& stream,
                                                  Timestamp at, Duration lookback) {
  std::optional<promql::Vector> result = TryEvaluate(group, rule, stream, at, lookback);
  ++(result ? live_ : general_);
  return result;
}

std::optional<promql::Vector> LiveRules::TryEvaluate(const PreparedGroup& group,
                                                     const PreparedRule& rule, const Stream& stream,
                                                     Timestamp at, Duration lookback) {
  if (!watches_ || rule.plan == nullptr) return std::nullopt;
  watches_->CatchUp();
  InStream& in = Find(stream);
  Bound& bound = in.rules[rule.number];
  if (at < bound.not_before) return std::nullopt;
  if (!bound.rule && Bind(rule, stream, in, at) == nullptr) {
    bound.not_before = at + kTryAgainAfter;
    return std::nullopt;
  }
  for (Watch* watch : bound.rule->watches()) {
    if (!watches_->Prepare(*watch, at).ok()) return std::nullopt;
  }
  const Timestamp data_at = at - group.query_offset;
  std::optional<promql::Vector> result = bound.rule->Evaluate(data_at, lookback, values_);
  if (!result && bound.rule->is_ambiguous()) {
    for (Watch* watch : bound.rule->watches()) watches_->ForgetEnded(*watch);
    result = bound.rule->Evaluate(data_at, lookback, values_);
    if (!result) bound.not_before = at + kTryAgainAfter;
  }
  return result;
}

LiveRules::InStream& LiveRules::Find(const Stream& stream) {
  if (found_stream_ != &stream) {
    found_stream_ = &stream;
    found_ = &streams_[&stream];
    if (found_->rules.empty()) found_->rules.resize(rule_count_);
  }
  return *found_;
}

LiveRule* LiveRules::Bind(const PreparedRule& rule, const Stream& stream, InStream& in,
                          Timestamp at) {
  std::vector<Watch*> watches;
  for (const LivePlan::Selector& selector : rule.plan->selectors) {
    Watch*& watch = in.watches[selector.text];
    if (watch == nullptr) {
      StatusOr<Watch*> made =
          watches_->Make(ScopeOf(stream), selector.matchers, keep_.at(selector.text), at);
      if (!made.ok() || *made == nullptr) {
        in.watches.erase(selector.text);
        return nullptr;
      }
      watch = *made;
    }
    watches.push_back(watch);
  }
  return &in.rules[rule.number].rule.emplace(rule.plan, std::move(watches), watches_->source());
}

void LiveRules::Forget(const Stream& stream) {
  found_stream_ = nullptr;
  auto found = streams_.find(&stream);
  if (found == streams_.end()) return;
  for (const auto& [text, watch] : found->second.watches) watches_->Remove(watch);
  streams_.erase(found);
}

}  // namespace forewarn
