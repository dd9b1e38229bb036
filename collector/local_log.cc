#include "collector/local_log.h"

#include "base/check.h"

namespace forewarn {

bool LocalLog::Submit(Submission& submission) {
  std::optional<Submission> item(std::move(submission));
  if (queue_.TryPush(item)) return true;
  submission = *std::move(item);
  return false;
}

void LocalLog::Wake() {
  // A full queue needs no wake-up call: Next() will not wait.
  queue_.TryPush(std::nullopt);
}

std::optional<EntrySource::Item> LocalLog::Next(Duration patience) {
  std::optional<std::optional<Submission>> popped = queue_.Pop(patience);
  if (!popped || !*popped) return std::nullopt;
  Submission& submission = **popped;
  uint64_t position = ++last_position_;
  {
    std::lock_guard lock(mutex_);
    waiting_.emplace_back(position, std::move(submission.done));
  }
  return Item{position, std::move(submission.entry)};
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
