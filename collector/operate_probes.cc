#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <optional>
#include <string>
#include <utility>

#include "base/units.h"
#include "collector/doors/otlp_service.h"
#include "collector/enrol_token.h"
#include "collector/known_customers.h"
#include "collector/operate_convert.h"
#include "collector/operate_service.h"
#include "collector/rpc.h"
#include "collector/x509.h"
#include "forewarn/v1/operate.grpc.pb.h"
#include "model/ids.h"

namespace forewarn {
namespace {

constexpr Duration kTokenLifetime = 24h;
constexpr Duration kTokenLifetimeMax = 24h * 30;
constexpr size_t kTokenIdDigits = 12;

class ProbeService final : public v1::ProbeService::CallbackService {
 public:
  explicit ProbeService(const OperateParts& parts) : parts_(parts) {}

  grpc::ServerUnaryReactor* CreateToken(grpc::CallbackServerContext* context,
                                        const v1::CreateTokenRequest* request,
                                        v1::CreateTokenResponse* response) override {
    return AnswerOperator(parts_.calls, context, this, &ProbeService::DoCreateToken, request,
                          response);
  }
  grpc::ServerUnaryReactor* ListTokens(grpc::CallbackServerContext* context,
                                       const v1::ListTokensRequest* request,
                                       v1::ListTokensResponse* response) override {
    return AnswerOperator(parts_.calls, context, this, &ProbeService::DoListTokens, request,
                          response);
  }
  grpc::ServerUnaryReactor* ListProbes(grpc::CallbackServerContext* context,
                                       const v1::ListProbesRequest* request,
                                       v1::ListProbesResponse* response) override {
    return AnswerOperator(parts_.calls, context, this, &ProbeService::DoListProbes, request,
                          response);
  }
  grpc::ServerUnaryReactor* RetireProbe(grpc::CallbackServerContext* context,
                                        const v1::RetireProbeRequest* request,
                                        v1::RetireProbeResponse* response) override {
    return AnswerOperator(parts_.calls, context, this, &ProbeService::DoRetireProbe, request,
                          response);
  }

 private:
  Status DoCreateToken(const std::string& actor, const v1::CreateTokenRequest& request,
                       v1::CreateTokenResponse& response) {
    FW_RETURN_IF_ERROR(CheckCustomer(request.customer()));
    if (!IsSlug(request.installation())) {
      return InvalidArgument(
          "installation: an id is 1 to 63 characters of [a-z0-9-], such as the site's name");
    }
    Duration lifetime =
        request.valid_for_ms() == 0 ? kTokenLifetime : Duration(request.valid_for_ms());
    if (lifetime < Duration(0) || lifetime > kTokenLifetimeMax) {
      return InvalidArgument(fmt::format("valid_for_ms: a token is valid for at most {}",
                                         FormatDuration(kTokenLifetimeMax)));
    }
    FW_RETURN_IF_ERROR(CheckIsInBundle(parts_.desk, request.customer()));
    std::string text = MakeEnrolToken(parts_.ca.fingerprint());
    EnrolmentToken token;
    token.hash = Sha256Hex(text);
    token.customer = request.customer();
    token.installation = request.installation();
    token.created_at = parts_.desk.clock().Now();
    token.expires_at = token.created_at + lifetime;
    token.created_by = actor;
    FW_RETURN_IF_ERROR(
        parts_.desk.Submit(kControlPartition, actor, Command(CreateTokenCommand{token})).status());
    response.set_token(std::move(text));
    response.set_expires_at_ms(ToMillis(token.expires_at));
    return OkStatus();
  }

  Status DoListTokens(const std::string&, const v1::ListTokensRequest&,
                      v1::ListTokensResponse& response) {
    return parts_.desk.Ask(kControlPartition, [&](const Shard& shard) {
      for (const auto& [hash, token] : shard.tokens().all()) {
        v1::TokenInfo* info = response.add_tokens();
        info->set_id(hash.substr(0, kTokenIdDigits));
        info->set_customer(token.customer);
        info->set_installation(token.installation);
        info->set_created_at_ms(ToMillis(token.created_at));
        info->set_expires_at_ms(ToMillis(token.expires_at));
        info->set_created_by(token.created_by);
        info->set_used_at_ms(ToMillisOrZero(token.used_at));
        info->set_used_by(token.used_by);
      }
    });
  }

  Status DoListProbes(const std::string&, const v1::ListProbesRequest& request,
                      v1::ListProbesResponse& response) {
    if (!request.customer().empty()) FW_RETURN_IF_ERROR(CheckCustomer(request.customer()));
    FW_RETURN_IF_ERROR(parts_.desk.AskAbout(request.customer(), [&](const Shard& shard) {
      for (const auto& [uuid, probe] : shard.contacts().all()) {
        if (!request.customer().empty() && probe.identity.customer != request.customer()) continue;
        v1::ProbeInfo* info = response.add_probes();
        info->set_customer(probe.identity.customer);
        info->set_installation(probe.identity.installation);
        info->set_probe(probe.identity.probe);
        info->set_host(probe.host);
        info->set_version(probe.version);
        info->set_contact(std::string(ContactName(probe.contact)));
        info->set_contact_since_ms(ToMillis(probe.contact_since));
        info->set_last_arrival_ms(ToMillis(probe.last_arrival));
        info->set_watermark_ms(ToMillis(probe.watermark));
        info->set_clock_offset_ms(probe.clock_offset.count());
        info->set_epoch(probe.epoch);
        info->set_sequence(probe.sequence);
        info->set_gap_count(probe.gap_count);
        info->set_enrolled_at_ms(ToMillis(probe.enrolled_at));
      }
    }));
    return response.probes().empty() ? CheckIsKnown(parts_.desk, request.customer()) : OkStatus();
  }

  Status DoRetireProbe(const std::string& actor, const v1::RetireProbeRequest& request,
                       v1::RetireProbeResponse&) {
    if (!IsUuid(request.probe())) {
      return InvalidArgument("probe: a UUID, as `forewarnctl probes list` shows it");
    }
    std::optional<ProbeIdentity> found;
    FW_RETURN_IF_ERROR(parts_.desk.AskAll([&](const Shard& shard) {
      if (const ProbeState* probe = shard.contacts().Find(request.probe())) found = probe->identity;
    }));
    if (!found) return NotFound("there is no probe " + request.probe());
    FW_RETURN_IF_ERROR(Retire(actor, *found));
    // What it sent by OTLP ends with it, and is not to be missed.
    ProbeIdentity beside = *found;
    beside.probe = OtlpSourceId(*found);
    bool was_heard = false;
    FW_RETURN_IF_ERROR(parts_.desk.Ask(PartitionOf(found->customer), [&](const Shard& shard) {
      was_heard = shard.contacts().Find(beside.probe) != nullptr;
    }));
    return was_heard ? Retire(actor, beside) : OkStatus();
  }

  Status Retire(const std::string& actor, const ProbeIdentity& probe) {
    return parts_.desk
        .Submit(PartitionOf(probe.customer), actor, Command(RetireProbeCommand{probe}))
        .status();
  }

  const OperateParts parts_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeProbeService(const OperateParts& parts) {
  return std::make_unique<ProbeService>(parts);
}

}  // namespace forewarn
