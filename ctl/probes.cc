#include <fmt/format.h>

#include "base/units.h"
#include "ctl/commands.h"

namespace forewarn {

using v1::ProbeService;

Status ListProbes(Session& session, const std::string& customer) {
  v1::ListProbesRequest request;
  request.set_customer(customer);
  v1::ListProbesResponse response;
  FW_RETURN_IF_ERROR(
      session.connection->Call<ProbeService>(&ProbeService::Stub::ListProbes, request, response));
  Table table({"CUSTOMER", "INSTALLATION", "HOST", "CONTACT", "SINCE", "LAST SEEN", "CLOCK", "LOST",
               "VERSION", "PROBE"});
  for (const v1::ProbeInfo& probe : response.probes()) {
    table.Add({probe.customer(), probe.installation(), probe.host(), probe.contact(),
               TimeText(probe.contact_since_ms()), TimeText(probe.last_arrival_ms()),
               FormatDuration(Duration(probe.clock_offset_ms())), std::to_string(probe.gap_count()),
               probe.version(), probe.probe()});
  }
  session.Answer(response, table.ToString("No probes. Enrol one: forewarnctl token create"));
  return OkStatus();
}

Status RetireProbe(Session& session, const std::string& probe) {
  v1::RetireProbeRequest request;
  request.set_probe(probe);
  v1::RetireProbeResponse response;
  FW_RETURN_IF_ERROR(
      session.connection->Call<ProbeService>(&ProbeService::Stub::RetireProbe, request, response));
  session.Answer(response,
                 fmt::format("{} is retired: its certificate is refused from now on.\n", probe));
  return OkStatus();
}

}  // namespace forewarn
