#include "collector/enrol_service.h"

#include <grpcpp/grpcpp.h>

#include <string>
#include <utility>

#include "base/log.h"
#include "base/random.h"
#include "base/record.h"
#include "collector/enrol_token.h"
#include "collector/rpc.h"
#include "collector/x509.h"
#include "forewarn/v1/ingest.grpc.pb.h"
#include "model/ids.h"

namespace forewarn {
namespace {

class EnrolmentService final : public v1::EnrolmentService::CallbackService {
 public:
  EnrolmentService(Desk& desk, CallPool& enrolments, CallPool& calls,
                   const CertificateAuthority& ca, Metrics& metrics)
      : desk_(desk), enrolments_(enrolments), calls_(calls), ca_(ca), metrics_(metrics) {}

  grpc::ServerUnaryReactor* Enrol(grpc::CallbackServerContext* context,
                                  const v1::EnrolRequest* request,
                                  v1::EnrolResponse* response) override {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    std::string peer = context->peer();
    auto call = [this, reactor, request, response, peer] {
      Status outcome = DoEnrol(*request, *response);
      metrics_.EnrolmentDone(outcome.ok());
      if (outcome.ok()) {
        FW_LOG(kInfo, "probe.enrolled",
               {{"probe", response->probe()},
                {"customer", response->customer()},
                {"installation", response->installation()},
                {"host", request->host()}});
      } else {
        FW_LOG(kWarn, "enrolment.refused", {{"peer", peer}, {"reason", outcome.message()}});
      }
      reactor->Finish(ToRpc(outcome));
    };
    if (!enrolments_.Run(std::move(call))) {
      // Counted, and not logged: whoever floods this door shall not flood the log too.
      metrics_.EnrolmentDone(false);
      reactor->Finish(
          ToRpc(ResourceExhausted("too many probes enrol at this moment; the token is not used, "
                                  "enrol again with it in a moment")));
    }
    return reactor;
  }

  grpc::ServerUnaryReactor* Renew(grpc::CallbackServerContext* context,
                                  const v1::RenewRequest* request,
                                  v1::RenewResponse* response) override {
    StatusOr<ProbeIdentity> source = PeerProbe(*context);
    return AnswerFrom(calls_, context, [this, source, request, response] {
      return source.ok() ? DoRenew(*source, *request, *response) : source.status();
    });
  }

 private:
  Status DoEnrol(const v1::EnrolRequest& request, v1::EnrolResponse& response) {
    FW_RETURN_IF_ERROR(CheckEnrolToken(request.token(), ca_.fingerprint()));
    FW_RETURN_IF_ERROR(CertificateAuthority::CheckRequest(request.csr_der()));
    if (request.host().empty() || request.host().size() > 253) {
      return InvalidArgument("host: the host's name, 1 to 253 bytes");
    }
    const std::string hash = Sha256Hex(request.token());
    // Anybody may call: a token that is no good is turned away here, and costs no entry.
    Status usable;
    FW_RETURN_IF_ERROR(desk_.Ask(kControlPartition, [&](const Shard& shard) {
      usable = shard.tokens().Check(hash, desk_.clock().Now());
    }));
    FW_RETURN_IF_ERROR(usable);
    ProbeIdentity identity;
    identity.probe = RandomUuid();
    FW_ASSIGN_OR_RETURN(std::string reply,
                        desk_.Submit(kControlPartition, identity.probe,
                                     Command(UseTokenCommand{hash, identity.probe})));
    FW_ASSIGN_OR_RETURN(EnrolmentToken token, DecodeRecord<EnrolmentToken>(reply));
    identity.customer = token.customer;
    identity.installation = token.installation;
    HelloCommand hello;
    hello.source = identity;
    hello.host = request.host();
    // From here on the probe is listed, and missed if it never comes.
    Status registered =
        desk_.Submit(PartitionOf(identity.customer), identity.probe, Command(hello)).status();
    if (!registered.ok()) {
      // Not the code of what failed: who tries again with this token cannot succeed.
      return Unauthenticated(
          "the token is used now, but the probe could not be registered; create another one with "
          "`forewarnctl token create` and enrol again with it: " +
          registered.message());
    }
    FW_ASSIGN_OR_RETURN(*response.mutable_certificate_pem(),
                        ca_.SignProbe(request.csr_der(), identity, desk_.clock().Now()));
    response.set_ca_pem(ca_.trust_pem());
    response.set_customer(identity.customer);
    response.set_installation(identity.installation);
    response.set_probe(identity.probe);
    return OkStatus();
  }

  Status DoRenew(const ProbeIdentity& source, const v1::RenewRequest& request,
                 v1::RenewResponse& response) {
    bool retired = false;
    FW_RETURN_IF_ERROR(desk_.Ask(PartitionOf(source.customer), [&](const Shard& shard) {
      const ProbeState* probe = shard.contacts().Find(source.probe);
      retired = probe != nullptr && probe->contact == Contact::kRetired;
    }));
    if (retired) {
      return PermissionDenied("probe " + source.probe +
                              " was retired; enrol it again with a new token");
    }
    FW_ASSIGN_OR_RETURN(*response.mutable_certificate_pem(),
                        ca_.SignProbe(request.csr_der(), source, desk_.clock().Now()));
    response.set_ca_pem(ca_.trust_pem());
    return OkStatus();
  }

  Desk& desk_;
  CallPool& enrolments_;
  CallPool& calls_;
  const CertificateAuthority& ca_;
  Metrics& metrics_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeEnrolmentService(Desk& desk, CallPool& enrolments,
                                                    CallPool& calls, const CertificateAuthority& ca,
                                                    Metrics& metrics) {
  return std::make_unique<EnrolmentService>(desk, enrolments, calls, ca, metrics);
}

}  // namespace forewarn
