#include "collector/local_log.h"

#include <vector>

#include "base/check.h"

namespace forewarn {

namespace {

const ProbeIdentity* SourceOf(const Entry& entry) {
  if (const auto* batch = std::get_if<Batch>(&entry.what)) return &batch->source;
  if (const auto* command = std::get_if<Command>(&entry.what)) {
    if (const auto* hello = std::get_if<HelloCommand>(command)) return &hello->source;
  }
  return nullptr;
}

// A tick runs up to a slice of the grid (rules/grid.h), and the next one follows it as long as something is left.
// With this weight a customer who sent a large batch waits for a tick or two, and not for as many as the batch had
// kilobytes.
constexpr size_t kTickWeight = 64 << 10;
// The rules over a probe's series run at each round's end, whether samples came with it or not.
constexpr size_t kRoundWeight = 4 << 10;

// What the entry takes in memory and what it costs to fold, roughly, in bytes; nothing is weightless.
size_t WeightOf(const Entry& entry) {
  if (std::holds_alternative<Tick>(entry.what)) return kTickWeight;
  size_t weight = 512;
  const auto* batch = std::get_if<Batch>(&entry.what);
  if (batch == nullptr) return weight;
  weight += batch->rounds.size() * kRoundWeight;
  for (const Gap& gap : batch->gaps) weight += sizeof(Gap) + gap.kind.size() + gap.reason.size();
  weight += batch->samples.size() * (sizeof(uint32_t) + sizeof(Timestamp) + sizeof(double));
  if (batch->samples.table != nullptr) {
    for (const Labels& labels : batch->samples.table->series) weight += labels.memory_bytes();
  }
  for (const Event& event : batch->events) {
    weight += sizeof(Event) + event.message.size() + event.template_text.size();
    for (const auto& [name, value] : event.attributes)
      weight += sizeof(Labels::Pair) + name.size() + value.size();
  }
  for (const Check& check : batch->checks) weight += sizeof(Check) + check.message.size();
  for (const Fact& fact : batch->facts) weight += sizeof(Fact) + fact.value.size();
  for (const Change& change : batch->changes) {
    weight += sizeof(Change) + change.before.size() + change.after.size();
  }
  return weight;
}

}  // namespace

bool LocalLog::SubmitAll(std::span<Submission> together) {
  FW_CHECK(!together.empty());
  const ProbeIdentity* source = SourceOf(together.front().entry);
  std::vector<size_t> weights;
  weights.reserve(together.size());
  for (const Submission& submission : together) weights.push_back(WeightOf(submission.entry));
  return queue_.TryPushAll(source == nullptr ? "" : source->customer, weights, together);
}

void LocalLog::Wake() { queue_.Wake(); }

std::optional<EntrySource::Item> LocalLog::Next(Duration patience) {
  std::optional<Submission> submission = queue_.Pop(patience);
  if (!submission) return std::nullopt;
  uint64_t position = ++last_position_;
  {
    std::lock_guard lock(mutex_);
    waiting_.emplace_back(position, std::move(submission->done));
  }
  return Item{position, std::move(submission->entry)};
}

void LocalLog::Committed(uint64_t position, const Status& outcome, const std::string& reply) {
  Done done;
  {
    std::lock_guard lock(mutex_);
    FW_CHECK(!waiting_.empty() && waiting_.front().first == position);
    done = std::move(waiting_.front().second);
    waiting_.pop_front();
  }
  if (done) done(outcome, reply);
}

}  // namespace forewarn
