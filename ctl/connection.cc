#include "ctl/connection.h"

#include <fmt/format.h>

#include <cstdlib>

#include "base/file.h"
#include "base/units.h"
#include "base/utf8.h"
#include "config/schema.h"
#include "ctl/tls_files.h"

namespace forewarn {
namespace {

// Bundles and query results; the collector has limits of its own.
constexpr int kMaxMessage = 256 << 20;

const Schema<ConnectionOptions>& ContextSchema() {
  using Options = ConnectionOptions;
  static const Schema<Options> schema = {
      Text("collector", &Options::collector, HostPortKind(false), "The collector's address."),
      Path("certificates", &Options::certificates,
           "Folder with ca.pem, operator-admin.pem and operator-admin.key."),
      Path("ca_file", &Options::ca_file, "Verifies the collector's certificate."),
      Path("certificate_file", &Options::certificate_file, "The operator's certificate."),
      Path("key_file", &Options::key_file, "Its key."),
      Text("server_name", &Options::server_name, HostKind(),
           "Name in the collector's certificate."),
  };
  return schema;
}

void FillIfEmpty(std::string& value, const std::string& from) {
  if (value.empty()) value = from;
}

}  // namespace

std::string DefaultContextFile() {
  auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  if (std::string file = variable("FOREWARN_CTL_CONFIG"); !file.empty()) return file;
  if (std::string config = variable("XDG_CONFIG_HOME"); !config.empty())
    return config + "/forewarn/ctl.yaml";
  std::string home = variable("HOME");
  return home.empty() ? "" : home + "/.config/forewarn/ctl.yaml";
}

Status FillFromContext(const std::string& path, bool required, ConnectionOptions& options) {
  StatusOr<std::string> text = ReadFile(path, 1 << 20);
  if (text.status().code() == Code::kNotFound && !required) return OkStatus();
  if (!text.ok()) return text.status();
  FW_ASSIGN_OR_RETURN(ConnectionOptions context, ParseSettings(path, *text, ContextSchema()));
  FillFromFolder(context);
  FillIfEmpty(options.collector, context.collector);
  FillIfEmpty(options.ca_file, context.ca_file);
  FillIfEmpty(options.certificate_file, context.certificate_file);
  FillIfEmpty(options.key_file, context.key_file);
  FillIfEmpty(options.server_name, context.server_name);
  return OkStatus();
}

void FillFromFolder(ConnectionOptions& options) {
  if (options.certificates.empty()) return;
  FillIfEmpty(options.ca_file, options.certificates + "/ca.pem");
  FillIfEmpty(options.certificate_file, options.certificates + "/operator-admin.pem");
  FillIfEmpty(options.key_file, options.certificates + "/operator-admin.key");
}

Status CheckIsUtf8(const google::protobuf::Message& message) {
  using google::protobuf::FieldDescriptor;
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        FW_RETURN_IF_ERROR(CheckIsUtf8(field->is_repeated()
                                           ? reflection.GetRepeatedMessage(message, field, i)
                                           : reflection.GetMessage(message, field)));
      }
      if (field->type() != FieldDescriptor::TYPE_STRING) continue;
      const std::string text = field->is_repeated()
                                   ? reflection.GetRepeatedString(message, field, i)
                                   : reflection.GetString(message, field);
      const size_t good = Utf8Prefix(text);
      if (good == text.size()) continue;
      return InvalidArgument(
          fmt::format("the argument '{}' is not UTF-8 text behind '{}'; give it from a terminal or "
                      "file that is set to UTF-8",
                      field->name(), text.substr(0, good)));
    }
  }
  return OkStatus();
}

StatusOr<std::unique_ptr<Connection>> Connection::Open(const ConnectionOptions& options) {
  auto require = [](const std::string& value, std::string_view what, std::string_view flag) {
    if (!value.empty()) return OkStatus();
    return InvalidArgument(
        fmt::format("{} is not known; give {} or write it into {}", what, flag,
                    DefaultContextFile().empty() ? "a context file" : DefaultContextFile()));
  };
  FW_RETURN_IF_ERROR(
      require(options.collector, "the collector's address", "--collector HOST:PORT"));
  FW_RETURN_IF_ERROR(
      require(options.ca_file, "the collector's authority", "--ca FILE or --certificates FOLDER"));
  FW_RETURN_IF_ERROR(require(options.certificate_file, "your certificate",
                             "--cert FILE or --certificates FOLDER"));
  FW_RETURN_IF_ERROR(
      require(options.key_file, "your certificate's key", "--key FILE or --certificates FOLDER"));

  grpc::SslCredentialsOptions tls;
  FW_ASSIGN_OR_RETURN(tls.pem_root_certs, ReadFile(options.ca_file, 1 << 20));
  FW_ASSIGN_OR_RETURN(tls.pem_cert_chain, ReadFile(options.certificate_file, 1 << 20));
  FW_ASSIGN_OR_RETURN(tls.pem_private_key, ReadFile(options.key_file, 1 << 20));
  FW_RETURN_IF_ERROR(CheckTlsFiles({options.ca_file, tls.pem_root_certs},
                                   {options.certificate_file, tls.pem_cert_chain},
                                   {options.key_file, tls.pem_private_key}));
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessage);
  if (!options.server_name.empty()) arguments.SetSslTargetNameOverride(options.server_name);
  auto channel = grpc::CreateCustomChannel(options.collector, grpc::SslCredentials(tls), arguments);
  return std::make_unique<Connection>(std::move(channel), options.collector, options.timeout);
}

Status Connection::Explain(const grpc::Status& status) const {
  if (status.ok()) return OkStatus();
  auto code = static_cast<Code>(status.error_code());
  if (code == Code::kUnavailable) {
    return Unavailable(
        fmt::format("cannot talk to the collector at {}: {}; check that it is running, that "
                    "--collector is its address, and that "
                    "your certificate is an operator's of this very collector",
                    collector_, status.error_message()));
  }
  if (code == Code::kDeadlineExceeded) {
    return DeadlineExceeded(
        fmt::format("the collector at {} did not answer within {}; try again, or give --timeout",
                    collector_, FormatDuration(timeout_)));
  }
  if (code == Code::kUnimplemented) {
    return {code,
            fmt::format(
                "the collector at {} does not know this command; it is older than this forewarnctl",
                collector_)};
  }
  // gRPC has two codes that we do not use: unknown (2) and aborted (10).
  if (status.error_code() == grpc::StatusCode::UNKNOWN ||
      status.error_code() == grpc::StatusCode::ABORTED) {
    code = Code::kInternal;
  }
  return {code, status.error_message()};
}

}  // namespace forewarn
