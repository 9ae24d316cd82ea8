#include "serve/http_message.h"

#include "codec/json_writer.h"

namespace freshet {

HttpResponse ErrorResponse(const HttpError& error) {
  HttpResponse response{.status = error.status, .body = {}, .headers = {}};
  JsonWriter json(response.body);
  json.BeginObject();
  json.Key("error");
  json.BeginObject();
  json.Field("code", std::string_view(error.code));
  json.Field("message", std::string_view(error.message));
  json.Field("fix_hint", std::string_view(error.fix_hint));
  json.EndObject();
  json.EndObject();
  response.body += "\n";
  return response;
}

}  // namespace freshet
