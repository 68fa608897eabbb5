using System.Text.Json;
using System.Text.Json.Nodes;
using Sensorium.Weights;

namespace Sensorium.Models;

/// <summary>
/// A section of a model's <c>config.json</c>, read by key. Every getter names file and key when the value is missing or
/// of another kind.
/// </summary>
public sealed class Config
{
    readonly string path;
    readonly Action<string, string>? seen;

    /// <param name="source">The file, for messages.</param>
    /// <param name="json">A JSON object.</param>
    public Config(string source, JsonElement json)
        : this(source, json, "")
    {
    }

    Config(string source, JsonElement json, string path, Action<string, string>? seen = null)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw new CheckpointException(source, path.Length == 0 ? "(the whole file)" : path, $"must be an object, not {json.ValueKind}");
        }

        Source = source;
        Json = json;
        this.path = path;
        this.seen = seen;
    }

    /// <summary>Reads a JSON file of settings.</summary>
    /// <param name="source">The file, for messages.</param>
    /// <param name="utf8">Its bytes.</param>
    /// <exception cref="CheckpointException">They are no JSON object, or hold texts that are no Unicode.</exception>
    public static Config Parse(string source, ReadOnlyMemory<byte> utf8) => new(source, ParseJson(source, utf8));

    /// <summary>Reads a JSON file that holds an array of settings.</summary>
    /// <param name="source">The file, for messages.</param>
    /// <param name="utf8">Its bytes.</param>
    /// <exception cref="CheckpointException">They are no JSON array of objects, or hold texts that are no Unicode.</exception>
    public static IReadOnlyList<Config> ParseList(string source, ReadOnlyMemory<byte> utf8)
    {
        JsonElement root = ParseJson(source, utf8);
        return root.ValueKind == JsonValueKind.Array
            ? [.. root.EnumerateArray().Select((element, i) => new Config(source, element, $"[{i}]"))]
            : throw new CheckpointException(source, $"must be an array of objects, not {root.ValueKind}");
    }

    static JsonElement ParseJson(string source, ReadOnlyMemory<byte> utf8)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = 64 });
            DemandUnicode(document.RootElement);
            return document.RootElement.Clone();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new CheckpointException(source, $"is not JSON: {e.Message}", e);
        }
    }

    /// <summary>The file, for messages.</summary>
    public string Source { get; }

    /// <summary>The section itself.</summary>
    public JsonElement Json { get; }

    /// <summary>
    /// This section with what a family's config.json may leave out, since the reference's class has it as a default. A key
    /// that is there, be it null, stays as it is.
    /// </summary>
    /// <param name="json">A JSON object.</param>
    public Config WithDefaults(string json)
    {
        var merged = new JsonObject();
        foreach (JsonProperty property in Json.EnumerateObject())
        {
            merged[property.Name] = JsonNode.Parse(property.Value.GetRawText());
        }

        using JsonDocument defaults = JsonDocument.Parse(json);
        foreach (JsonProperty property in defaults.RootElement.EnumerateObject())
        {
            if (!merged.ContainsKey(property.Name))
            {
                merged[property.Name] = JsonNode.Parse(property.Value.GetRawText());
            }
        }

        using JsonDocument document = JsonDocument.Parse(merged.ToJsonString());
        return new Config(Source, document.RootElement.Clone(), path, seen);
    }

    /// <summary>This section, telling each value that is taken from it: the key, and the value or what counts in its place.</summary>
    internal Config Watched(Action<string, string> tell) => new(Source, Json, path, tell);

    /// <summary>True where the key is there and not null.</summary>
    public bool Has(string key) => Json.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null;

    /// <summary>A whole number of at least <paramref name="least"/>.</summary>
    public int Int(string key, int least = 1, int most = int.MaxValue)
    {
        JsonElement value = Need(key);
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= least && number <= most
            ? Tell(key, number)
            : throw Bad(key, $"must be a whole number from {least} to {most}, not {Show(value)}");
    }

    /// <summary>A whole number, or the default where the key is missing or null.</summary>
    public int IntOr(string key, int orElse, int least = 1, int most = int.MaxValue) => Has(key) ? Int(key, least, most) : Tell(key, orElse);

    /// <summary>A number.</summary>
    public float Float(string key) => (float)Double(key);

    /// <summary>A number in double precision.</summary>
    public double Double(string key)
    {
        JsonElement value = Need(key);
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && double.IsFinite(number)
            ? TellNumber(key, number)
            : throw Bad(key, $"must be a number, not {Show(value)}");
    }

    /// <summary>A number, or the default where the key is missing or null.</summary>
    public float Float(string key, float orElse) => Has(key) ? Float(key) : (float)TellNumber(key, orElse);

    /// <summary>A number in double precision, or the default where the key is missing or null.</summary>
    public double Double(string key, double orElse) => Has(key) ? Double(key) : TellNumber(key, orElse);

    /// <summary>True or false, or the default where the key is missing or null.</summary>
    public bool Bool(string key, bool orElse)
    {
        if (!Has(key))
        {
            return Tell(key, orElse);
        }

        JsonElement value = Need(key);
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? Tell(key, value.GetBoolean())
            : throw Bad(key, $"must be true or false, not {Show(value)}");
    }

    /// <summary>A string.</summary>
    public string String(string key)
    {
        JsonElement value = Need(key);
        return value.ValueKind == JsonValueKind.String ? Tell(key, value.GetString()!) : throw Bad(key, $"must be a string, not {Show(value)}");
    }

    /// <summary>A string, or the default where the key is missing or null.</summary>
    public string String(string key, string orElse) => Has(key) ? String(key) : Tell(key, orElse);

    /// <summary>Numbers in an array, or one number as an array of one.</summary>
    public float[] Floats(string key)
    {
        JsonElement value = Need(key);
        if (value.ValueKind == JsonValueKind.Number)
        {
            return [value.GetSingle()];
        }

        return [.. Elements(key, value).Select(e => e.ValueKind == JsonValueKind.Number ? e.GetSingle() : throw Bad(key, $"must hold numbers, not {Show(e)}"))];
    }

    /// <summary>Whole numbers in an array, or one number as an array of one.</summary>
    public int[] Ints(string key)
    {
        JsonElement value = Need(key);
        if (value.ValueKind == JsonValueKind.Number)
        {
            return [Int(key, int.MinValue)];
        }

        return [.. Elements(key, value).Select(e => e.ValueKind == JsonValueKind.Number && e.TryGetInt32(out int n) ? n : throw Bad(key, $"must hold whole numbers, not {Show(e)}"))];
    }

    /// <summary>Strings in an array.</summary>
    public string[] Strings(string key) =>
        [.. Elements(key, Need(key)).Select(e => e.ValueKind == JsonValueKind.String ? e.GetString()! : throw Bad(key, $"must hold strings, not {Show(e)}"))];

    /// <summary>The section under a key.</summary>
    public Config Section(string key) => new(Source, Need(key), Full(key), seen);

    /// <summary>The section under a key, or null where it is missing.</summary>
    public Config? SectionOrNull(string key) => Has(key) ? Section(key) : null;

    /// <summary>The sections in an array.</summary>
    public Config[] Sections(string key) =>
        [.. Elements(key, Need(key)).Select((e, i) => new Config(Source, e, $"{Full(key)}[{i}]", seen))];

    /// <summary>The names and values of this section.</summary>
    public IEnumerable<JsonProperty> Properties => Json.EnumerateObject();

    /// <summary>An error that names this file and a key of this section.</summary>
    public CheckpointException Bad(string key, string message) => new(Source, Full(key), message);

    // The parser lets broken UTF-8 and halves of surrogate pairs pass; they throw where a text is read.
    static void DemandUnicode(JsonElement json)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.String:
                _ = json.GetString();
                break;
            case JsonValueKind.Array:
                foreach (JsonElement element in json.EnumerateArray())
                {
                    DemandUnicode(element);
                }

                break;
            case JsonValueKind.Object:
                foreach (JsonProperty property in json.EnumerateObject())
                {
                    _ = property.Name;
                    DemandUnicode(property.Value);
                }

                break;
        }
    }

    JsonElement Need(string key) => Json.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null
        ? value
        : throw Bad(key, "is missing");

    JsonElement[] Elements(string key, JsonElement value) => value.ValueKind == JsonValueKind.Array
        ? [.. Tell(key, value).EnumerateArray()]
        : throw Bad(key, $"must be an array, not {Show(value)}");

    T Tell<T>(string key, T value)
    {
        seen?.Invoke(Full(key), System.FormattableString.Invariant($"{value}"));
        return value;
    }

    // As GGUF keeps numbers: in single precision.
    double TellNumber(string key, double value)
    {
        seen?.Invoke(Full(key), System.FormattableString.Invariant($"{(float)value}"));
        return value;
    }

    string Full(string key) => path.Length == 0 ? key : $"{path}.{key}";

    static string Show(JsonElement value)
    {
        string text = value.GetRawText();
        return text.Length <= 60 ? text : text[..57] + "...";
    }
}
