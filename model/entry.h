#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "base/time.h"
#include "model/bundle.h"
#include "model/enrolment.h"
#include "model/notification.h"
#include "model/source_token.h"
#include "model/telemetry.h"

namespace forewarn {

// What a shard takes in. Everything Forewarn knows is a fold over these; there is no other way in.
// What chance and clocks decide (ids, times, certificates) is decided outside and carried inside.

// A probe said hello. Opens or refreshes its contact.
struct HelloCommand {
  ProbeIdentity source;
  std::string host;
  std::string version;
  Duration clock_offset{0};  // theirs minus ours
  // It speaks when it has something to say: its silence means nothing and is not watched.
  bool unwatched = false;

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.source);
    visit(2, self.host);
    visit(3, self.version);
    visit(4, self.clock_offset);
    visit(5, self.unwatched);
  }
};

struct RetireProbeCommand {
  ProbeIdentity probe;

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.probe);
  }
};

struct CreateTokenCommand {
  EnrolmentToken token;

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.token);
  }
};

// Fails when the token is unknown, expired or used. The reply is the EnrolmentToken as used.
struct UseTokenCommand {
  std::string hash;
  std::string probe;  // UUID that the token becomes

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.hash);
    visit(2, self.probe);
  }
};

struct CreateSourceTokenCommand {
  SourceToken token;

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.token);
  }
};

// The reply is the SourceToken as it was.
struct RevokeSourceTokenCommand {
  std::string hash;

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.hash);
  }
};

// What a person does to a ticket. The entry's actor is the person.
struct TicketCommand {
  enum class Act : int32_t { kAcknowledge = 1, kClose = 2, kNote = 3 };
  uint64_t ticket = 0;
  Act act = Act::kAcknowledge;
  std::string text;   // note, or resolution
  std::string cause;  // for kClose
  bool customer_visible = false;

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.ticket);
    visit(2, self.act);
    visit(3, self.text);
    visit(4, self.cause);
    visit(5, self.customer_visible);
  }
};

struct AddSilenceCommand {
  Silence silence;

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.silence);
  }
};

struct ExpireSilenceCommand {
  std::string id;

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.id);
  }
};

// What became of one attempt to deliver a notification.
struct DeliveryCommand {
  enum class Result : int32_t { kDelivered = 1, kRetry = 2, kDead = 3 };
  std::string notification;
  Result result = Result::kDelivered;
  Timestamp next_attempt_at;  // for kRetry; arrival time
  std::string outcome;        // receipt or error

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.notification);
    visit(2, self.result);
    visit(3, self.next_attempt_at);
    visit(4, self.outcome);
  }
};

using Command = std::variant<HelloCommand, RetireProbeCommand, CreateTokenCommand, UseTokenCommand,
                             TicketCommand, AddSilenceCommand, ExpireSilenceCommand,
                             DeliveryCommand, CreateSourceTokenCommand, RevokeSourceTokenCommand>;

// Time alone: sent only when a timer is due.
struct Tick {
  template <typename Self, typename Visitor>
  static void Fields(Self&, Visitor&&) {}
};

struct Entry {
  uint32_t partition = 0;
  Timestamp arrival;  // the shard raises it to that of the entry before, so that it never decreases
  std::string actor;  // a probe's UUID, a person's name, or `forewarn`
  std::variant<Batch, Command, Tick, Bundle> what;

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.partition);
    visit(2, self.arrival);
    visit(3, self.actor);
    visit(4, self.what);
  }
};

}  // namespace forewarn
