#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/rng.h"
#include "base/status.h"
#include "config/probe_settings.h"
#include "probe/agent.h"
#include "probe/crypto.h"
#include "probe/enrol.h"
#include "probe/ledger.h"
#include "probe/state_files.h"

namespace forewarn {

// The running probe, put together from its settings: built in the order of the members and ended in
// the reverse. One thread reads, spools and sends in turn; none of the three waits for anything but
// the time of the next round and the collector's answer.
class App {
 public:
  // `clock` is a loan. Errors: not enrolled, state folder in use, a key that others may read.
  static StatusOr<std::unique_ptr<App>> Open(const ProbeSettings& settings, const Clock& clock);

  // Rounds and pushes until `stop_fd` can be read. Then gives what is still in the spool a few
  // seconds; the rest is sent after the next start.
  void Run(int stop_fd);

 private:
  App(const ProbeSettings& settings, const Clock& clock);
  Status Load();
  void RenewIfDue();
  void KeepClockOffset();
  void WriteStatus(bool running = true);

  const ProbeSettings settings_;
  const Clock& clock_;

  Rng rng_;
  Timestamp started_at_;
  ProbeIdentityFile identity_;
  CertificateLife certificate_;
  Timestamp next_renewal_;
  std::unique_ptr<EnrolmentCalls> enrolment_;
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<Redactor> redactor_;
  Ledger ledger_;
  SentTotals sent_;
  std::unique_ptr<Spool> spool_;
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<Agent> agent_;
};

// The name that becomes the label `instance`: the one given, else the kernel's.
std::string HostName(const std::string& configured);

}  // namespace forewarn
