#include "collector/shard_thread.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace forewarn {

namespace {

constexpr size_t kQuestions = 1024;
// Between two looks at the clock: a wall clock that was set back must not hold ticks for longer.
constexpr Duration kIdle = 1s;

}  // namespace

ShardThread::ShardThread(std::vector<std::unique_ptr<Shard>>& shards, size_t index, size_t threads,
                         LocalLog& log, Committer& committer, const Clock& clock)
    : shards_(shards),
      index_(index),
      threads_(threads),
      log_(log),
      committer_(committer),
      clock_(clock),
      questions_(kQuestions),
      tick_under_way_(shards.size()),
      due_(shards.size()) {}

ShardThread::~ShardThread() {
  log_.Close();
  if (thread_.joinable()) thread_.join();
}

void ShardThread::Start() {
  thread_ = std::thread([this] { Run(); });
}

bool ShardThread::Ask(uint32_t partition, Question question) {
  if (!questions_.TryPush(Asked{partition, std::move(question)})) return false;
  log_.Wake();
  return true;
}

void ShardThread::Run() {
  for (size_t p = index_; p < shards_.size(); p += threads_) due_[p] = shards_[p]->NextTimer();
  while (true) {
    AnswerQuestions();
    Duration patience = SubmitTicks();
    std::optional<EntrySource::Item> item = log_.Next(patience);
    if (item) {
      Fold(*std::move(item));
    } else if (log_.closed() && log_.size() == 0) {
      break;
    }
  }
  questions_.Close();
  AnswerQuestions();
}

void ShardThread::Fold(EntrySource::Item item) {
  uint32_t partition = item.entry.partition;
  if (std::holds_alternative<Tick>(item.entry.what)) tick_under_way_[partition] = false;
  Commit commit = shards_[partition]->Handle(std::move(item.entry));
  due_[partition] = shards_[partition]->NextTimer();
  // False only while the process ends after a failed write: nobody is told, everything is sent
  // again.
  committer_.Push(FinishedCommit{&log_, item.position, std::move(commit)});
}

void ShardThread::AnswerQuestions() {
  for (Asked& asked : questions_.PopAll()) asked.question(*shards_[asked.partition]);
}

Duration ShardThread::SubmitTicks() {
  Timestamp now = clock_.Now();
  Duration patience = kIdle;
  for (size_t p = index_; p < shards_.size(); p += threads_) {
    if (tick_under_way_[p] || !due_[p]) continue;
    if (*due_[p] > now) {
      patience = std::min(patience, *due_[p] - now);
      continue;
    }
    Submission tick{Entry{static_cast<uint32_t>(p), now, "forewarn", Tick{}}, nullptr};
    tick_under_way_[p] = log_.Submit(tick);
  }
  return patience;
}

}  // namespace forewarn
