#include "collector/delivery_thread.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/log.h"
#include "base/record.h"
#include "base/units.h"
#include "model/commit.h"
#include "model/ids.h"

namespace forewarn {
namespace {

// How long the thread sleeps at most; a stop and a clock that jumped are noticed after it.
constexpr Duration kNap = 500ms;

DeliveryCommand::Result ResultOf(Delivery::Result result) {
  switch (result) {
    case Delivery::Result::kDelivered: return DeliveryCommand::Result::kDelivered;
    case Delivery::Result::kRetry: return DeliveryCommand::Result::kRetry;
    case Delivery::Result::kDead: return DeliveryCommand::Result::kDead;
  }
  FW_CHECK(false);
}

// When the failure is expected that a message to a customer warns of; nothing for any other
// message.
std::optional<Timestamp> PredictedBy(const Notification& notification) {
  if (!notification.template_id.starts_with("warning.") ||
      notification.template_id.ends_with(".cleared")) {
    return std::nullopt;
  }
  for (const auto& [name, value] : notification.facts) {
    if (name != "predicted_at") continue;
    StatusOr<Timestamp> at = ParseTime(value);
    if (at.ok()) return *at;
  }
  return std::nullopt;
}

}  // namespace

// Sends through another sender and tells the metrics.
class DeliveryThread::CountingSender : public Sender {
 public:
  CountingSender(Receiver::Kind channel, std::unique_ptr<Sender> sender, const Clock& clock,
                 Metrics& metrics)
      : channel_(channel), sender_(std::move(sender)), clock_(clock), metrics_(metrics) {}

  Delivery Send(const Message& message) override {
    Delivery delivery = sender_->Send(message);
    metrics_.NotificationAttempted(channel_, ResultOf(delivery.result));
    if (delivery.result == Delivery::Result::kDelivered && message.notification != nullptr) {
      Timestamp now = clock_.Now();
      metrics_.NotificationDelivered(std::max(now - message.notification->created_at, Duration(0)));
      if (std::optional<Timestamp> predicted = PredictedBy(*message.notification)) {
        metrics_.WarningLead(*predicted - now);
      }
    }
    if (delivery.result != Delivery::Result::kDelivered) {
      FW_LOG(kWarn, "notification.failed",
             {{"notification", message.id}, {"reason", delivery.detail}});
    }
    return delivery;
  }

 private:
  const Receiver::Kind channel_;
  const std::unique_ptr<Sender> sender_;
  const Clock& clock_;
  Metrics& metrics_;
};

DeliveryThread::DeliveryThread(DeliveryOptions options, const Store& store, const Clock& clock,
                               Metrics& metrics, uint64_t seed)
    : options_(std::move(options)),
      store_(store),
      clock_(clock),
      metrics_(metrics),
      seed_(seed),
      inbox_(options_.queue) {}

DeliveryThread::~DeliveryThread() { Stop(); }

void DeliveryThread::Start(EntrySink& sink) {
  FW_CHECK(!thread_.joinable());
  thread_ = std::thread([this, &sink] { Run(sink); });
}

void DeliveryThread::Stop() {
  stopping_ = true;
  inbox_.Close();
  if (thread_.joinable()) thread_.join();
}

void DeliveryThread::Take(uint32_t partition, Notification notification) {
  if (!inbox_.TryPush(Item(Handed{partition, std::move(notification)}))) missed_ = true;
}

void DeliveryThread::SetReceivers(std::vector<Receiver> receivers) {
  if (!inbox_.TryPush(Item(std::move(receivers)))) missed_ = true;
}

void DeliveryThread::Run(EntrySink& sink) {
  auto find_sender = [this](const std::string& receiver) -> Sender* {
    auto found = senders_.find(receiver);
    return found == senders_.end() ? nullptr : found->second.second.get();
  };
  auto report = [this, &sink](uint32_t partition, const DeliveryCommand& command) {
    Submission submission;
    submission.entry = {partition, clock_.Now(), "forewarn", Command(command)};
    submission.done = [id = command.notification](const Status& outcome, const std::string&) {
      if (outcome.ok()) return;
      FW_LOG(kWarn, "delivery.unrecorded", {{"notification", id}, {"reason", outcome.message()}});
    };
    return sink.Submit(submission);
  };
  Dispatcher dispatcher(options_.dispatch, find_sender, report, Rng(seed_));
  Duration nap{0};
  while (!stopping_) {
    if (missed_.exchange(false)) {
      Status outcome = ReadReceivers();
      if (outcome.ok()) outcome = ReadOutbox(dispatcher);
      if (!outcome.ok()) {
        FW_LOG(kError, "outbox.unreadable", {{"reason", outcome.message()}});
        missed_ = true;
      }
    }
    if (std::optional<Item> item = inbox_.Pop(nap)) Accept(*std::move(item), dispatcher);
    for (Item& item : inbox_.PopAll()) Accept(std::move(item), dispatcher);
    std::optional<Timestamp> next = dispatcher.Step([this] { return clock_.Now(); });
    nap = next ? std::clamp(*next - clock_.Now(), Duration(0), kNap) : kNap;
  }
}

void DeliveryThread::Accept(Item item, Dispatcher& dispatcher) {
  if (auto* handed = std::get_if<Handed>(&item)) {
    dispatcher.Take(handed->partition, std::move(handed->notification));
  } else {
    UseReceivers(std::get<std::vector<Receiver>>(item));
  }
}

void DeliveryThread::UseReceivers(const std::vector<Receiver>& receivers) {
  std::set<std::string> present;
  for (const Receiver& receiver : receivers) {
    present.insert(receiver.id);
    std::string record = EncodeRecord(receiver);
    auto& [made_from, sender] = senders_[receiver.id];
    if (sender != nullptr && made_from == record) continue;
    made_from = std::move(record);
    sender = std::make_unique<CountingSender>(
        receiver.kind, MakeSender(receiver, options_.smtp, options_.webhook, courier_), clock_,
        metrics_);
  }
  std::erase_if(senders_, [&](const auto& each) { return !present.contains(each.first); });
}

Status DeliveryThread::ReadReceivers() {
  StatusOr<std::string> record = store_.GetState(kControlPartition, StateKind::kBundle, "");
  if (record.status().code() == Code::kNotFound) return OkStatus();  // none was applied yet
  if (!record.ok()) return record.status();
  FW_ASSIGN_OR_RETURN(Bundle bundle, DecodeRecord<Bundle>(*record));
  UseReceivers(bundle.receivers);
  return OkStatus();
}

Status DeliveryThread::ReadOutbox(Dispatcher& dispatcher) {
  for (uint32_t partition = 0; partition <= kControlPartition; ++partition) {
    FW_RETURN_IF_ERROR(store_.ReadState(
        partition, StateKind::kOutbox, [&](std::string_view, std::string_view bytes) -> Status {
          FW_ASSIGN_OR_RETURN(Notification notification, DecodeRecord<Notification>(bytes));
          if (notification.state == DeliveryState::kWaiting) {
            dispatcher.Take(partition, std::move(notification));
          }
          return OkStatus();
        }));
  }
  return OkStatus();
}

}  // namespace forewarn
