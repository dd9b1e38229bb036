#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "collector/shard.h"
#include "model/bundle.h"
#include "model/entry.h"
#include "model/ids.h"
#include "notifier/dispatcher.h"
#include "notifier/receiver.h"
#include "tests/sim/world.h"

// What the simulated world consists of: its telemetry, probes, packets, process and receivers.

namespace forewarn::sim {

inline constexpr Timestamp kStart = FromMillis(1'780'000'000'000);
inline constexpr Duration kRound = 30s;
inline constexpr size_t kProbes = 3;
inline constexpr uint32_t kInFlight = 4;
inline const std::string kCustomer = "acme";

// The customer, whom to tell, and the rules.
Bundle MakeBundle();

// What probe `index` measures at `at`: high for ten minutes in every forty, each probe at its own time.
double LoadAt(size_t index, Timestamp at);

// For three minutes in the middle of its high load a probe measures nothing, though its rounds go on.
bool IsBlindAt(size_t index, Timestamp at);

// Whether `sim:load:avg` at the end of a round proves that the load is low.
bool IsLowAt(size_t index, Timestamp round);

struct World::Probe {
  size_t index = 0;
  ProbeIdentity identity;
  std::shared_ptr<const SeriesTable> table;
  Timestamp next_round;
  std::vector<Batch> produced;  // all of it, by sequence
  uint64_t acknowledged = 0;    // the spool holds what comes after
  uint64_t session = 0;         // 0: not connected
  bool welcomed = false;
  uint64_t sent = 0;  // on this session
  Timestamp cut_until;
};

struct World::Packet {
  enum class Kind { kHello, kBatch, kWelcome, kAck };
  Kind kind = Kind::kHello;
  size_t probe = 0;
  uint64_t session = 0;
  uint64_t sequence = 0;
  Timestamp arrives;
};

struct World::Process {
  struct Queued {
    Entry entry;
    std::optional<Packet> answer;  // to send once it is durable
  };
  struct Folded {
    Commit commit;
    std::optional<Packet> answer;
  };

  Process(const Store& store, Dispatcher::FindSender find, Rng rng)
      : shard(PartitionOf(kCustomer), store, HeadOptions{}),
        dispatcher(
            DispatchOptions{}, std::move(find),
            [this](uint32_t partition, const DeliveryCommand& command) {
              entries.push_back({Entry{partition, {}, "forewarn", Command(command)}, {}});
              return true;
            },
            std::move(rng)) {}

  Shard shard;
  Dispatcher dispatcher;
  std::deque<Queued> entries;
  std::deque<Folded> folded;
  bool tick_under_way = false;
};

// Receives what is sent, honestly; fails by chance, and then may have received it all the same.
class World::FakeSender : public Sender {
 public:
  explicit FakeSender(World& world) : world_(world) {}

  Delivery Send(const forewarn::Message& message) override {
    bool fails = world_.rng_.Chance(world_.faults_.fail_delivery);
    if (!fails || world_.rng_.Chance(0.3)) {
      std::string content = message.subject + "\n" + message.text;
      auto [it, first] = received.emplace(message.id, content);
      if (!first && it->second != content) {
        world_.Violate(fmt::format("C: notification {} was sent with two contents", message.id));
      }
      StatusOr<std::string> record =
          world_.store_.GetState(PartitionOf(kCustomer), StateKind::kOutbox, message.id);
      if (!record.ok()) {
        world_.Violate(fmt::format("C: notification {} was sent but is not durable", message.id));
      }
    }
    return fails ? Delivery{Delivery::Result::kRetry, "connection reset", {}}
                 : Delivery{Delivery::Result::kDelivered, "250 ok", {}};
  }

  std::map<std::string, std::string> received;

 private:
  World& world_;
};

}  // namespace forewarn::sim
