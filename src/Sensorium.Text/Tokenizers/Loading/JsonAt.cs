using System.Text.Json;

namespace Sensorium.Text.Tokenizers.Loading;

/// <summary>A JSON value that knows its file and path, so that what is wrong with it can be said.</summary>
internal readonly struct JsonAt(JsonElement element, string file, string parent, int index = -1)
{
    /// <summary>Parses a file.</summary>
    /// <exception cref="TokenizerException">It is not JSON, or nested too deeply.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> json, string file)
    {
        if (json.Span.StartsWith("\uFEFF"u8)) json = json[3..];
        try
        {
            return JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 64 });
        }
        catch (JsonException e)
        {
            throw new TokenizerException(file, "", $"not valid JSON: {e.Message}", e);
        }
    }

    public JsonElement Element => element;

    public string File => file;

    // Put together on demand: arrays have hundreds of thousands of elements, and few are ever named.
    public string Path => index < 0 ? parent : $"{parent}[{index}]";

    public bool IsNull => element.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined;

    public bool IsString => element.ValueKind == JsonValueKind.String;

    public bool IsObject => element.ValueKind == JsonValueKind.Object;

    public bool IsArray => element.ValueKind == JsonValueKind.Array;

    public TokenizerException Error(string problem) => new(file, Path, problem);

    /// <summary>Whether a member is there, even if it is null.</summary>
    public bool Has(string name) => element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out _);

    /// <summary>A member; null (as JSON) when it is missing.</summary>
    public JsonAt this[string name]
    {
        get
        {
            string path = Path;
            string inner = path.Length == 0 ? name : $"{path}.{name}";
            if (element.ValueKind != JsonValueKind.Object) throw Error("must be an object");
            return new(element.TryGetProperty(name, out var value) ? value : default, file, inner);
        }
    }

    /// <summary>The elements of an array; none when it is null.</summary>
    public IEnumerable<JsonAt> Items()
    {
        if (IsNull) yield break;
        if (!IsArray) throw Error("must be an array");
        int i = 0;
        string path = Path;
        foreach (var item in element.EnumerateArray()) yield return new(item, file, path, i++);
    }

    /// <summary>The steps of a sequence, a sensible number of them.</summary>
    public IEnumerable<JsonAt> Steps()
    {
        const int Most = 64;
        if (IsArray && element.GetArrayLength() > Most) throw Error($"has {element.GetArrayLength()} steps, more than {Most}");
        return Items();
    }

    public string String()
    {
        if (!IsString) throw Error(IsNull ? "is missing" : "must be a string");
        try
        {
            return element.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new TokenizerException(file, Path, "is not valid Unicode", e);
        }
    }

    public string String(string otherwise) => IsNull ? otherwise : String();

    public bool Bool(bool otherwise) => element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Null or JsonValueKind.Undefined => otherwise,
        _ => throw Error("must be true or false"),
    };

    public bool? Bool() => IsNull ? null : Bool(false);

    public int Int() => element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out int value) ? value : throw Error(IsNull ? "is missing" : "must be an integer");

    public int Int(int otherwise) => IsNull ? otherwise : Int();

    public double Double() => element.ValueKind == JsonValueKind.Number ? element.GetDouble() : throw Error("must be a number");
}
