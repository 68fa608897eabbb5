using System.Text.Json.Nodes;

namespace Sensorium.Weights;

/// <summary>GGUF metadata as the hub's config.json, so that a family reads one form. Which key is which is the family's table.</summary>
public static class GgufConfig
{
    /// <summary>Builds the JSON.</summary>
    /// <param name="metadata">The file's keys.</param>
    /// <param name="keys">
    /// Hub key and GGUF key. <c>{arch}</c> in the latter stands for the architecture; a dot in the hub key makes an inner
    /// object (<c>rope_scaling.factor</c>). Keys that the file lacks are left out.
    /// </param>
    /// <returns>An object that the family may add to.</returns>
    public static JsonObject Translate(GgufMetadata metadata, params ReadOnlySpan<(string Hub, string Gguf)> keys)
    {
        var config = new JsonObject();
        foreach ((string hub, string gguf) in keys)
        {
            if (metadata.TryGet(gguf.Replace("{arch}", metadata.Architecture, StringComparison.Ordinal), out GgufValue? value))
                Set(config, hub, Json(value));
        }

        return config;
    }

    /// <summary>Sets a key, making inner objects where it has dots.</summary>
    public static void Set(JsonObject config, string key, JsonNode? value)
    {
        string[] path = key.Split('.');
        foreach (string step in path[..^1])
        {
            if (config[step] is not JsonObject inner)
                config[step] = inner = [];
            config = inner;
        }

        config[path[^1]] = value;
    }

    /// <summary>A metadata value as JSON; a float32 as its shortest decimal (0.00001, not the double nearest to it).</summary>
    public static JsonNode Json(GgufValue value) => value.Type switch
    {
        GgufValueType.String => JsonValue.Create(value.AsString()),
        GgufValueType.Bool => JsonValue.Create(value.AsFlag()),
        GgufValueType.F32 => Number(value.AsNumber(), isSingle: true),
        GgufValueType.F64 => Number(value.AsNumber(), isSingle: false),
        GgufValueType.Array => Array(value),
        _ => JsonValue.Create(value.AsInteger()),
    };

    static JsonArray Array(GgufValue value)
    {
        var array = new JsonArray();
        if (value.ElementType == GgufValueType.String)
        {
            foreach (string text in value.AsStrings())
                array.Add((JsonNode)JsonValue.Create(text));
        }
        else if (value.ElementType == GgufValueType.Array)
        {
            foreach (GgufValue inner in value.AsArrays())
                array.Add((JsonNode)Array(inner));
        }
        else if (value.ElementType == GgufValueType.Bool)
        {
            foreach (double number in value.AsNumbers())
                array.Add((JsonNode)JsonValue.Create(number != 0));
        }
        else
        {
            bool isSingle = value.ElementType == GgufValueType.F32, isFloat = isSingle || value.ElementType == GgufValueType.F64;
            foreach (double number in value.AsNumbers())
                array.Add(isFloat ? Number(number, isSingle) : (JsonNode)JsonValue.Create((long)number));
        }

        return array;
    }

    static JsonNode Number(double number, bool isSingle)
    {
        if (!double.IsFinite(number))
            return JsonValue.Create(number > 0 ? "Infinity" : number < 0 ? "-Infinity" : "NaN");
        return isSingle ? JsonValue.Create((float)number) : JsonValue.Create(number);
    }
}
