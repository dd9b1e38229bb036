#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>

#include "base/status.h"
#include "base/time.h"

namespace forewarn {

// Where the collector is and who we are. What is empty is taken from the context file.
struct ConnectionOptions {
  std::string collector;         // host:port
  std::string certificates;      // a folder that the three files below are in; see FillFromFolder()
  std::string ca_file;           // what the collector's certificate is verified with
  std::string certificate_file;  // an operator's
  std::string key_file;
  std::string server_name;  // in the collector's certificate; empty: the host of `collector`
  Duration timeout = 30s;   // for one call
};

// The context file that is read when none is named: `$FOREWARN_CTL_CONFIG`, else
// `$XDG_CONFIG_HOME/forewarn/ctl.yaml`, else `~/.config/forewarn/ctl.yaml`. Empty when there is no home.
std::string DefaultContextFile();

// Fills empty members from the context file at `path`:
//
//   collector: collector.example.com:7443
//   certificates: /var/lib/forewarn/tls  # ca.pem, operator-admin.pem and operator-admin.key
//   ca_file: /etc/forewarn/ca.pem        # or each by itself
//   certificate_file: /etc/forewarn/operator.pem
//   key_file: /etc/forewarn/operator.key
//   server_name: collector
//
// A file that is not there is success unless `required`. kInvalidArgument with its mistakes otherwise.
Status FillFromContext(const std::string& path, bool required, ConnectionOptions& options);

// Fills the empty ones of the three files with those in the folder `certificates`, named as the collector names
// them for operators on its machine. Nothing when there is no folder.
void FillFromFolder(ConnectionOptions& options);

// kInvalidArgument that names the text in `message` which is not UTF-8, after the argument that it came
// from: protobuf sends such a message without it, or not at all.
Status CheckIsUtf8(const google::protobuf::Message& message);

// A connection to a collector, made when the first call needs it. Thread-safe.
class Connection {
 public:
  // Fails when an option is missing, or a file cannot be read or is not what it should be; does not dial
  // yet.
  static StatusOr<std::unique_ptr<Connection>> Open(const ConnectionOptions& options);
  // Calls over a channel that exists; `collector` is for messages.
  Connection(std::shared_ptr<grpc::Channel> channel, std::string collector, Duration timeout)
      : channel_(std::move(channel)), collector_(std::move(collector)), timeout_(timeout) {}

  // `Call<ProbeService>(&ProbeService::Stub::ListProbes, request, response)`. A failure says what to check.
  template <typename Service, typename Request, typename Response>
  Status Call(grpc::Status (Service::Stub::*method)(grpc::ClientContext*, const Request&,
                                                    Response*),
              const Request& request, Response& response) {
    FW_RETURN_IF_ERROR(CheckIsUtf8(request));
    auto service = Service::NewStub(channel_);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + timeout_);
    return Explain((service.get()->*method)(&context, request, &response));
  }

  // The same for an answer in parts, each of which is handed to `take` as it comes. A failure of `take` ends
  // the call.
  template <typename Service, typename Request, typename Response>
  Status Read(std::unique_ptr<grpc::ClientReader<Response>> (Service::Stub::*method)(
                  grpc::ClientContext*, const Request&),
              const Request& request, const std::function<Status(Response&)>& take) {
    FW_RETURN_IF_ERROR(CheckIsUtf8(request));
    auto service = Service::NewStub(channel_);
    grpc::ClientContext context;
    // The collector gives a caller up who takes nothing, and every answer after ten minutes.
    context.set_deadline(std::chrono::system_clock::now() + std::max<Duration>(timeout_, 11min));
    auto reader = (service.get()->*method)(&context, request);
    Response part;
    Status taken;
    while (taken.ok() && reader->Read(&part)) taken = take(part);
    if (!taken.ok()) context.TryCancel();
    grpc::Status outcome = reader->Finish();
    return taken.ok() ? Explain(outcome) : taken;
  }

 private:
  Status Explain(const grpc::Status& status) const;

  const std::shared_ptr<grpc::Channel> channel_;
  const std::string collector_;
  const Duration timeout_;
};

}  // namespace forewarn
