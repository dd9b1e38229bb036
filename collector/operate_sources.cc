#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <string>
#include <utility>

#include "base/record.h"
#include "collector/known_customers.h"
#include "collector/operate_convert.h"
#include "collector/operate_service.h"
#include "collector/rpc.h"
#include "collector/source_tokens.h"
#include "collector/x509.h"
#include "forewarn/v1/operate.grpc.pb.h"
#include "model/ids.h"

namespace forewarn {
namespace {

constexpr size_t kTokenIdDigits = 12;
constexpr Duration kValidForMax = 3650 * 24h;

class SourceService final : public v1::SourceService::CallbackService {
 public:
  explicit SourceService(const OperateParts& parts) : parts_(parts) {}

  grpc::ServerUnaryReactor* CreateSourceToken(grpc::CallbackServerContext* context,
                                              const v1::CreateSourceTokenRequest* request,
                                              v1::CreateSourceTokenResponse* response) override {
    return AnswerOperator(parts_.calls, context, this, &SourceService::Create, request, response);
  }
  grpc::ServerUnaryReactor* ListSourceTokens(grpc::CallbackServerContext* context,
                                             const v1::ListSourceTokensRequest* request,
                                             v1::ListSourceTokensResponse* response) override {
    return AnswerOperator(parts_.calls, context, this, &SourceService::List, request, response);
  }
  grpc::ServerUnaryReactor* RevokeSourceToken(grpc::CallbackServerContext* context,
                                              const v1::RevokeSourceTokenRequest* request,
                                              v1::RevokeSourceTokenResponse* response) override {
    return AnswerOperator(parts_.calls, context, this, &SourceService::Revoke, request, response);
  }

 private:
  Status Create(const std::string& actor, const v1::CreateSourceTokenRequest& request,
                v1::CreateSourceTokenResponse& response) {
    SourceToken token;
    FW_ASSIGN_OR_RETURN(token.door, ParseDoor(request.door()));
    if (token.door == SourceToken::Door::kQuery) {
      FW_RETURN_IF_ERROR(CheckReader(request));
    } else {
      FW_RETURN_IF_ERROR(CheckSender(request));
    }
    if (request.valid_for_ms() < 0 || Duration(request.valid_for_ms()) > kValidForMax) {
      return InvalidArgument("valid_for_ms: 0, for ever, or at most ten years");
    }
    if (!request.all_customers()) {
      FW_RETURN_IF_ERROR(CheckIsInBundle(parts_.desk, request.customer()));
    }
    std::string text = MakeSourceToken();
    token.hash = Sha256Hex(text);
    token.customer = request.customer();
    token.installation = request.installation();
    token.source = request.source();
    token.source_id = SourceId(token.customer, token.installation, token.source);
    token.created_at = parts_.desk.clock().Now();
    token.created_by = actor;
    if (request.valid_for_ms() > 0) {
      token.expires_at = token.created_at + Duration(request.valid_for_ms());
    }
    response.set_source_id(token.source_id);
    FW_RETURN_IF_ERROR(
        parts_.desk
            .Submit(kControlPartition, actor, Command(CreateSourceTokenCommand{std::move(token)}))
            .status());
    response.set_token(std::move(text));
    return OkStatus();
  }

  static Status CheckSender(const v1::CreateSourceTokenRequest& request) {
    if (request.all_customers()) {
      return InvalidArgument("all_customers: who sends belongs to one customer; name it");
    }
    FW_RETURN_IF_ERROR(CheckCustomer(request.customer()));
    if (IsSlug(request.installation()) && IsSlug(request.source())) return OkStatus();
    return InvalidArgument(
        "installation and source: an id is 1 to 63 characters of [a-z0-9-], such as "
        "`monitoring`");
  }

  static Status CheckReader(const v1::CreateSourceTokenRequest& request) {
    if (request.all_customers() != request.customer().empty()) {
      return InvalidArgument("customer: name the one that may be read, or say all_customers");
    }
    if (!request.all_customers()) FW_RETURN_IF_ERROR(CheckCustomer(request.customer()));
    if (!request.installation().empty()) {
      return InvalidArgument("installation: who reads belongs to none; leave it out");
    }
    if (IsSlug(request.source())) return OkStatus();
    return InvalidArgument("source: an id is 1 to 63 characters of [a-z0-9-], such as `grafana`");
  }

  Status List(const std::string&, const v1::ListSourceTokensRequest&,
              v1::ListSourceTokensResponse& response) {
    return parts_.desk.Ask(kControlPartition, [&](const Shard& shard) {
      for (const auto& [hash, token] : shard.source_tokens().all()) {
        v1::SourceTokenInfo* info = response.add_tokens();
        info->set_id(hash.substr(0, kTokenIdDigits));
        info->set_door(std::string(DoorName(token.door)));
        info->set_customer(token.customer);
        info->set_installation(token.installation);
        info->set_source(token.source);
        info->set_source_id(token.source_id);
        info->set_created_at_ms(ToMillis(token.created_at));
        info->set_created_by(token.created_by);
        info->set_expires_at_ms(ToMillisOrZero(token.expires_at));
      }
    });
  }

  Status Revoke(const std::string& actor, const v1::RevokeSourceTokenRequest& request,
                v1::RevokeSourceTokenResponse&) {
    if (request.id().size() != kTokenIdDigits) {
      return InvalidArgument("id: 12 digits, as `forewarnctl source-token list` shows them");
    }
    RevokeSourceTokenCommand command;
    FW_RETURN_IF_ERROR(parts_.desk.Ask(kControlPartition, [&](const Shard& shard) {
      for (const auto& [hash, token] : shard.source_tokens().all()) {
        if (hash.starts_with(request.id())) command.hash = hash;
      }
    }));
    FW_ASSIGN_OR_RETURN(std::string reply,
                        parts_.desk.Submit(kControlPartition, actor, Command(command)));
    FW_ASSIGN_OR_RETURN(SourceToken revoked, DecodeRecord<SourceToken>(reply));
    return Release(actor, revoked);
  }

  // The last token of a source is gone: from now on its silence means nothing.
  Status Release(const std::string& actor, const SourceToken& revoked) {
    if (revoked.door == SourceToken::Door::kQuery) return OkStatus();
    bool has_another = false;
    FW_RETURN_IF_ERROR(parts_.desk.Ask(kControlPartition, [&](const Shard& shard) {
      for (const auto& [hash, token] : shard.source_tokens().all()) {
        has_another = has_another || token.source_id == revoked.source_id;
      }
    }));
    uint32_t home = PartitionOf(revoked.customer);
    bool was_heard = false;
    FW_RETURN_IF_ERROR(parts_.desk.Ask(home, [&](const Shard& shard) {
      was_heard = shard.contacts().Find(revoked.source_id) != nullptr;
    }));
    if (has_another || !was_heard) return OkStatus();
    HelloCommand hello = {{revoked.customer, revoked.installation, revoked.source_id},
                          revoked.source,
                          std::string(DoorName(revoked.door)),
                          Duration(0),
                          true};
    return parts_.desk.Submit(home, actor, Command(hello)).status();
  }

  const OperateParts parts_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeSourceService(const OperateParts& parts) {
  return std::make_unique<SourceService>(parts);
}

}  // namespace forewarn
