#include "collector/committer.h"

#include <optional>
#include <utility>

namespace forewarn {

namespace {

// How long the thread sleeps when there is nothing to do; a push or the end wakes it at once.
constexpr Duration kIdle = 1h;

}  // namespace

Committer::Committer(Store& store, const Clock& clock, CommitterOptions options, Hooks hooks)
    : store_(store),
      clock_(clock),
      options_(options),
      hooks_(std::move(hooks)),
      queue_(static_cast<size_t>(options.queue_commits)),
      thread_([this] { Run(); }) {}

Committer::~Committer() {
  queue_.Close();
  thread_.join();
}

void Committer::Run() {
  std::vector<FinishedCommit> group;
  while (true) {
    std::optional<Item> item = queue_.Pop(kIdle);
    if (!item) {
      if (queue_.closed()) return;
      continue;
    }
    std::function<void()> task;
    while (item) {
      if (auto* finished = std::get_if<FinishedCommit>(&*item)) {
        group.push_back(std::move(*finished));
      } else {
        task = std::move(std::get<std::function<void()>>(*item));
        break;
      }
      if (static_cast<int64_t>(group.size()) >= options_.max_group_commits) break;
      item = queue_.Pop(0ms);
    }
    if (!Write(group)) {
      queue_.Close();
      return;
    }
    group.clear();
    if (task) task();
  }
}

bool Committer::Write(std::vector<FinishedCommit>& group) {
  std::vector<Commit> commits;
  commits.reserve(group.size());
  for (FinishedCommit& finished : group) {
    if (!finished.commit.empty) commits.push_back(std::move(finished.commit));
  }
  if (!commits.empty()) {
    Duration start = clock_.Monotonic();
    if (Status status = store_.Commit(commits); !status.ok()) {
      hooks_.fatal(status);
      return false;
    }
    hooks_.written({commits.size(), clock_.Monotonic() - start});
  }
  // In the order of arrival, the empty ones among them.
  size_t next = 0;
  for (FinishedCommit& finished : group) {
    const Commit& commit = finished.commit.empty ? finished.commit : commits[next++];
    hooks_.durable(commit);
    finished.source->Committed(finished.position, commit.outcome, commit.reply);
  }
  return true;
}

}  // namespace forewarn
