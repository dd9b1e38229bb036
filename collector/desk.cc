#include "collector/desk.h"

#include <chrono>
#include <future>
#include <memory>
#include <utility>

#include "model/ids.h"

namespace forewarn {
namespace {

constexpr Duration kAskPatience = 10s;
constexpr Duration kSubmitPatience = 30s;

}  // namespace

StatusOr<std::string> Desk::Submit(uint32_t partition, std::string actor,
                                   std::variant<Batch, Command, Tick, Bundle> what) {
  // Shared with the committer, which may answer after we have given up.
  auto answer = std::make_shared<std::promise<StatusOr<std::string>>>();
  std::future<StatusOr<std::string>> answered = answer->get_future();
  Submission submission;
  submission.entry.partition = partition;
  submission.entry.arrival = clock_.Now();
  submission.entry.actor = std::move(actor);
  submission.entry.what = std::move(what);
  submission.done = [answer](const Status& outcome, const std::string& reply) {
    answer->set_value(outcome.ok() ? StatusOr<std::string>(reply) : StatusOr<std::string>(outcome));
  };
  if (!partitions_.Submit(submission)) {
    return Unavailable("the collector is stopping or too busy to take this; try again in a moment");
  }
  if (answered.wait_for(kSubmitPatience) != std::future_status::ready) {
    return DeadlineExceeded(
        "this was taken but is not durable yet; look in a moment whether it was carried out");
  }
  return answered.get();
}

Status Desk::Ask(uint32_t partition, const ShardThread::Question& question) const {
  return partitions_.AskAndWait(partition, question, kAskPatience);
}

Status Desk::AskAll(const ShardThread::Question& question) const {
  for (uint32_t partition = 0; partition < partitions_.partition_count(); ++partition) {
    FW_RETURN_IF_ERROR(Ask(partition, question));
  }
  return OkStatus();
}

Status Desk::AskAbout(const std::string& customer, const ShardThread::Question& question) const {
  return customer.empty() ? AskAll(question) : Ask(PartitionOf(customer), question);
}

}  // namespace forewarn
