using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sensorium.Models.Conversion;

/// <summary>config.json in one spelling: rope as transformers 4 has it.</summary>
static class HubConfig
{
    /// <summary>A copy in which <c>rope_parameters</c> are <c>rope_theta</c>, <c>rope_scaling</c> and, for layers with a window, <c>rope_local_base_freq</c>.</summary>
    public static JsonObject Normalised(Config config)
    {
        JsonObject json = Copy(config.Json);
        if (json["rope_parameters"] is JsonObject parameters)
        {
            json.Remove("rope_parameters");
            if (parameters["sliding_attention"] is JsonObject local && local["rope_theta"] is { } theta)
            {
                json["rope_local_base_freq"] = theta.DeepClone();
            }

            var own = (parameters["full_attention"] as JsonObject ?? parameters).DeepClone().AsObject();
            own.Remove("sliding_attention");
            if (own["rope_theta"] is { } base_)
            {
                json["rope_theta"] = base_.DeepClone();
                own.Remove("rope_theta");
            }

            if (own["partial_rotary_factor"] is { } share)
            {
                json["partial_rotary_factor"] = share.DeepClone();
                own.Remove("partial_rotary_factor");
            }

            json["rope_scaling"] = own.Count > 0 ? own : null;
        }

        if (json["rope_scaling"] is JsonObject scaling)
        {
            string type = Text(scaling["rope_type"]) ?? Text(scaling["type"]) ?? "default";
            scaling.Remove("type");
            scaling["rope_type"] = type == "su" ? "longrope" : type;
            if (type is "default" or "mrope")
            {
                json["rope_scaling"] = null;
            }
        }

        return json;
    }

    /// <summary>A JSON object that may be changed.</summary>
    public static JsonObject Copy(JsonElement json) => JsonNode.Parse(json.GetRawText())!.AsObject();

    /// <summary>A string, or null for anything else.</summary>
    public static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
