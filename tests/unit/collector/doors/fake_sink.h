#pragma once

#include <string>
#include <vector>

#include "base/record.h"
#include "collector/entry_source.h"
#include "collector/shard.h"
#include "collector/source_tokens.h"
#include "model/source_token.h"

namespace forewarn {

// A fold that keeps what it is given and answers at once, or when it is told to.
class FakeSink : public EntrySink {
 public:
  bool Submit(Submission& submission) override {
    if (room == 0) return false;
    --room;
    entries.push_back(submission.entry);
    waiting_.push_back(std::move(submission.done));
    if (!hold) AnswerAll();
    return true;
  }

  void AnswerAll() {
    std::vector<std::function<void(const Status&, const std::string&)>> now;
    now.swap(waiting_);
    for (auto& done : now) done(outcome, EncodeRecord(reply));
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

  std::vector<Entry> entries;
  int room = 1'000'000;
  bool hold = false;
  Status outcome;
  BatchReply reply;

 private:
  std::vector<std::function<void(const Status&, const std::string&)>> waiting_;
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
