#include "notifier/dispatcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "notifier/render.h"

namespace forewarn {
namespace {

constexpr uint32_t kFailuresToPause = 3;
constexpr Duration kReportAgain = 200ms;
constexpr Duration kSlowSend = 1s;
constexpr Duration kSlowTurn = 1min;  // at the latest, whatever is due for the others
constexpr size_t kOutcomeBytes = 1000;
// Ids whose end the shard has not yet confirmed; a bound on what a shard that never does can cost.
constexpr size_t kSettledMax = 100'000;

}  // namespace

struct Dispatcher::Impl {
  // What is ours to send, in the order of planning: for one receiver and ticket the first goes
  // first.
  struct Item {
    uint32_t partition = 0;
    Notification notification;
  };
  // By arrival time, then by the sequence in the id, which its length and then its text compare.
  struct Order {
    Timestamp created_at;
    size_t id_size = 0;
    std::string id;
    friend auto operator<=>(const Order&, const Order&) = default;
  };
  struct Line {
    std::map<Order, Item> items;
  };
  struct Queue {
    std::map<uint64_t, Line> by_ticket;
    uint32_t failures = 0;  // in a row
    Timestamp not_before;   // when there were too many
    bool is_slow = false;   // its last send was
    Timestamp last_end;     // of its last send
  };

  const DispatchOptions options;
  const FindSender find_sender;
  const Report report;

  Rng rng;
  Renderer renderer;
  std::map<std::string, Queue> queues;                           // by receiver
  std::map<std::string, std::pair<std::string, uint64_t>> held;  // id -> its receiver and ticket
  std::vector<std::pair<uint32_t, DeliveryCommand>> unreported;
  std::set<std::string> settled;

  static Order OrderOf(const Notification& notification) {
    return {notification.created_at, notification.id.size(), notification.id};
  }

  void Erase(const Notification& notification);
  Timestamp DueAt(const Queue& queue, const Line& line) const;
  Line* NextOf(Queue& queue, Timestamp now);
  void Attempt(Queue& queue, Line& line, const Now& clock);
  void AttemptOneSlow(bool others_were_due, Timestamp now, const Now& clock);
  Duration BackoffAfter(uint32_t attempts);
  void HandBack(uint32_t partition, DeliveryCommand command);
  void HandBackOld();
};

Dispatcher::Dispatcher(DispatchOptions options, FindSender find_sender, Report report, Rng rng)
    : impl_(new Impl{
          options, std::move(find_sender), std::move(report), rng, Renderer(), {}, {}, {}, {}}) {}

Dispatcher::~Dispatcher() = default;

void Dispatcher::Take(uint32_t partition, Notification notification) {
  bool waits = notification.state == DeliveryState::kWaiting;
  if (impl_->settled.contains(notification.id)) {
    // The shard is still at an earlier attempt, or confirms the last.
    if (!waits) impl_->settled.erase(notification.id);
    return;
  }
  if (auto at = impl_->held.find(notification.id); at != impl_->held.end()) {
    Impl::Item& item = impl_->queues.at(at->second.first)
                           .by_ticket.at(at->second.second)
                           .items.at(Impl::OrderOf(notification));
    if (!waits) {
      impl_->Erase(notification);
    } else if (notification.attempts >= item.notification.attempts) {
      item.notification = std::move(notification);
    }
    return;
  }
  if (!waits) return;
  impl_->held[notification.id] = {notification.receiver, notification.ticket};
  Impl::Line& line = impl_->queues[notification.receiver].by_ticket[notification.ticket];
  Impl::Order order = Impl::OrderOf(notification);
  line.items[std::move(order)] = {partition, std::move(notification)};
}

std::optional<Timestamp> Dispatcher::Step(Timestamp now) {
  return Step([now] { return now; });
}

std::optional<Timestamp> Dispatcher::Step(const Now& clock) {
  impl_->HandBackOld();
  Timestamp begin = clock();
  bool others_were_due = false;
  for (auto& [receiver, queue] : impl_->queues) {
    if (queue.is_slow) continue;
    if (Impl::Line* line = impl_->NextOf(queue, begin)) {
      impl_->Attempt(queue, *line, clock);
      others_were_due = true;
    }
  }
  impl_->AttemptOneSlow(others_were_due, begin, clock);
  std::erase_if(impl_->queues, [](const auto& queue) {
    return queue.second.by_ticket.empty() && queue.second.failures == 0 && !queue.second.is_slow;
  });

  Timestamp now = clock();
  std::optional<Timestamp> next;
  for (const auto& [receiver, queue] : impl_->queues) {
    for (const auto& [ticket, line] : queue.by_ticket) {
      Timestamp due = std::max(now, impl_->DueAt(queue, line));
      if (!next || due < *next) next = due;
    }
  }
  if (!impl_->unreported.empty()) {
    Timestamp again = now + kReportAgain;
    next = next ? std::min(*next, again) : again;
  }
  return next;
}

size_t Dispatcher::waiting() const { return impl_->held.size() + impl_->unreported.size(); }

void Dispatcher::Impl::Erase(const Notification& notification) {
  Queue& queue = queues.at(notification.receiver);
  auto line = queue.by_ticket.find(notification.ticket);
  held.erase(notification.id);
  line->second.items.erase(OrderOf(notification));
  if (line->second.items.empty()) queue.by_ticket.erase(line);
}

Timestamp Dispatcher::Impl::DueAt(const Queue& queue, const Line& line) const {
  Timestamp due = line.items.begin()->second.notification.next_attempt_at;
  return queue.failures >= kFailuresToPause ? std::max(due, queue.not_before) : due;
}

// The line whose first is due, and oldest of all that are; null when none is.
Dispatcher::Impl::Line* Dispatcher::Impl::NextOf(Queue& queue, Timestamp now) {
  Line* best = nullptr;
  for (auto& [ticket, line] : queue.by_ticket) {
    if (DueAt(queue, line) > now) continue;
    if (best == nullptr || line.items.begin()->first < best->items.begin()->first) best = &line;
  }
  return best;
}

// Of the slow ones the one that waits longest for its turn.
void Dispatcher::Impl::AttemptOneSlow(bool others_were_due, Timestamp now, const Now& clock) {
  Queue* next = nullptr;
  for (auto& [receiver, queue] : queues) {
    if (!queue.is_slow || NextOf(queue, now) == nullptr) continue;
    if (others_were_due && now < queue.last_end + kSlowTurn) continue;
    if (next == nullptr || queue.last_end < next->last_end) next = &queue;
  }
  if (next != nullptr) Attempt(*next, *NextOf(*next, now), clock);
}

void Dispatcher::Impl::Attempt(Queue& queue, Line& line, const Now& clock) {
  Timestamp begin = clock();
  Item& item = line.items.begin()->second;
  Notification& notification = item.notification;
  Delivery delivery;
  Sender* sender = find_sender(notification.receiver);
  if (sender == nullptr) {
    delivery = {Delivery::Result::kDead,
                fmt::format("there is no receiver {} in the bundle", notification.receiver)};
  } else {
    StatusOr<Message> message = renderer.Render(notification);
    if (message.ok()) {
      delivery = sender->Send(*message);
    } else {
      delivery = {Delivery::Result::kDead, message.status().message()};
    }
  }
  Timestamp end = clock();
  queue.is_slow = end - begin > kSlowSend;
  queue.last_end = end;

  ++notification.attempts;
  bool failed = delivery.result == Delivery::Result::kRetry;
  if (failed && notification.attempts >= options.max_attempts) {
    delivery.result = Delivery::Result::kDead;
    delivery.detail =
        fmt::format("given up after {} attempts: {}", notification.attempts, delivery.detail);
  }
  DeliveryCommand command;
  command.notification = notification.id;
  command.outcome = delivery.detail.substr(0, kOutcomeBytes);
  uint32_t partition = item.partition;
  switch (delivery.result) {
    case Delivery::Result::kDelivered: command.result = DeliveryCommand::Result::kDelivered; break;
    case Delivery::Result::kDead: command.result = DeliveryCommand::Result::kDead; break;
    case Delivery::Result::kRetry: command.result = DeliveryCommand::Result::kRetry; break;
  }
  Timestamp next = end + std::max(BackoffAfter(notification.attempts), delivery.retry_after);
  queue.failures = failed ? queue.failures + 1 : 0;
  if (failed) queue.not_before = next;
  if (delivery.result == Delivery::Result::kRetry) {
    notification.next_attempt_at = next;
    command.next_attempt_at = next;
  } else {
    if (settled.size() < kSettledMax) settled.insert(notification.id);
    Notification done = std::move(notification);
    Erase(done);
  }
  HandBack(partition, std::move(command));
}

// backoff_min after the first attempt, doubled with each further one, ±20 %.
Duration Dispatcher::Impl::BackoffAfter(uint32_t attempts) {
  Duration backoff = options.backoff_min;
  for (uint32_t i = 1; i < attempts && backoff < options.backoff_max; ++i) backoff *= 2;
  backoff = std::min(backoff, options.backoff_max);
  return Duration(
      static_cast<int64_t>(static_cast<double>(backoff.count()) * (0.8 + 0.4 * rng.Unit())));
}

void Dispatcher::Impl::HandBack(uint32_t partition, DeliveryCommand command) {
  // In order: what could not be handed back before goes first.
  if (unreported.empty() && report(partition, command)) return;
  unreported.emplace_back(partition, std::move(command));
}

void Dispatcher::Impl::HandBackOld() {
  size_t done = 0;
  while (done < unreported.size() && report(unreported[done].first, unreported[done].second))
    ++done;
  unreported.erase(unreported.begin(), unreported.begin() + static_cast<ptrdiff_t>(done));
}

}  // namespace forewarn
