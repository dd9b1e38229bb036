#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/record.h"
#include "collector/entry_source.h"
#include "collector/shard.h"
#include "collector/source_tokens.h"
#include "model/source_token.h"

namespace forewarn {

// A fold that keeps what it is given, and answers when it is told to.
class FakeSink : public EntrySink {
 public:
  ~FakeSink() override {
    {
      std::lock_guard lock(mutex_);
      ended_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
  }

  bool SubmitAll(std::span<Submission> together) override {
    std::lock_guard lock(mutex_);
    if (std::cmp_less(room, together.size())) return false;
    for (Submission& submission : together) {
      --room;
      entries.push_back(submission.entry);
      waiting_.push_back(std::move(submission.done));
    }
    changed_.notify_one();
    return true;
  }

  void AnswerAll() {
    std::vector<std::function<void(const Status&, const std::string&)>> now;
    {
      std::lock_guard lock(mutex_);
      now.swap(waiting_);
    }
    for (auto& done : now) done(outcome, EncodeRecord(reply));
  }
  // The same, unless the test holds the answers back.
  void Settle() {
    if (!hold) AnswerAll();
  }
  // From now on answers by itself, on a thread of its own, as a committer does.
  void AnswerSoon() {
    thread_ = std::thread([this] {
      while (true) {
        {
          std::unique_lock lock(mutex_);
          changed_.wait(lock, [&] { return ended_ || !waiting_.empty(); });
          if (ended_) return;
        }
        AnswerAll();
      }
    });
  }

  std::vector<Batch> Batches() const {
    std::vector<Batch> found;
    for (const Entry& entry : entries) {
      if (const auto* batch = std::get_if<Batch>(&entry.what)) found.push_back(*batch);
    }
    return found;
  }
  std::vector<HelloCommand> Hellos() const {
    std::vector<HelloCommand> found;
    for (const Entry& entry : entries) {
      const auto* command = std::get_if<Command>(&entry.what);
      if (command != nullptr) found.push_back(std::get<HelloCommand>(*command));
    }
    return found;
  }

  // The test's, while nobody submits.
  std::vector<Entry> entries;
  int room = 1'000'000;
  bool hold = false;
  Status outcome;
  BatchReply reply;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::function<void(const Status&, const std::string&)>> waiting_;
  bool ended_ = false;
  std::thread thread_;
};

inline SourceToken TestToken(SourceToken::Door door = SourceToken::Door::kPrometheus) {
  SourceToken token;
  token.door = door;
  token.customer = "acme";
  token.installation = "main";
  token.source = "monitoring";
  token.source_id = SourceId("acme", "main", "monitoring");
  return token;
}

}  // namespace forewarn
