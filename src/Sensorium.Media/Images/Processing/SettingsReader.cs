using System.Text.Json;

namespace Sensorium.Media.Images.Processing;

/// <summary>Reads typed settings from JSON; errors name the file and the key.</summary>
readonly struct SettingsReader(JsonElement json, string file, string path = "")
{
    const int LargestSide = 1 << 14;

    public string File => file;

    public bool Has(string key) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null;

    public bool IsObject(string key) => Has(key) && json.GetProperty(key).ValueKind == JsonValueKind.Object;

    public SettingsReader Child(string key) => IsObject(key)
        ? new SettingsReader(json.GetProperty(key), file, Path(key) + ".")
        : throw Wrong(key, "an object");

    public bool Bool(string key, bool missing) => !Has(key) ? missing : json.GetProperty(key).ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong(key, "true or false"),
    };

    public string? Text(string key) => !Has(key) ? null
        : json.GetProperty(key) is { ValueKind: JsonValueKind.String } value ? value.GetString()
        : throw Wrong(key, "a text");

    public double Number(string key, double missing) => !Has(key) ? missing
        : json.GetProperty(key) is { ValueKind: JsonValueKind.Number } value && value.TryGetDouble(out double number) && double.IsFinite(number) ? number
        : throw Wrong(key, "a number");

    /// <summary>A length in pixels, 1 to 16384.</summary>
    public int Side(string key) =>
        Has(key) && json.GetProperty(key) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out int side) && side is >= 1 and <= LargestSide
            ? side
            : throw Wrong(key, $"a whole number of pixels from 1 to {LargestSide}");

    public int Whole(string key, int missing) => !Has(key) ? missing
        : json.GetProperty(key) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out int number) ? number
        : throw Wrong(key, "a whole number");

    /// <summary>A list of whole numbers, each a length from 1 to 16384.</summary>
    public int[] Sides(string key, int count)
    {
        float[] values = Numbers(key, count);
        return values.All(v => v == MathF.Floor(v) && v is >= 1 and <= LargestSide)
            ? [.. values.Select(v => (int)v)]
            : throw Wrong(key, $"{count} whole numbers from 1 to {LargestSide}");
    }

    public float[] Numbers(string key, int count)
    {
        string expected = $"a list of {count} numbers";
        if (!Has(key) || json.GetProperty(key) is not { ValueKind: JsonValueKind.Array } list || list.GetArrayLength() != count)
        {
            throw Wrong(key, expected);
        }

        var numbers = new float[count];
        int i = 0;
        foreach (JsonElement item in list.EnumerateArray())
        {
            numbers[i++] = item.ValueKind == JsonValueKind.Number && item.TryGetSingle(out float number) && float.IsFinite(number) ? number : throw Wrong(key, expected);
        }

        return numbers;
    }

    /// <summary>Standard deviations: a list of numbers above zero.</summary>
    public float[] Deviations(string key, int count)
    {
        float[] values = Numbers(key, count);
        return values.All(v => v > 0) ? values : throw Wrong(key, $"a list of {count} numbers above zero");
    }

    public MediaException Wrong(string key, string expected) => new(
        MediaErrorKind.Corrupt,
        file,
        Has(key) ? $"key \"{Path(key)}\" is {Shorten(json.GetProperty(key).GetRawText())}, where {expected} is needed" : $"key \"{Path(key)}\" is missing; {expected} is needed",
        "Correct the file, or get the checkpoint again");

    public MediaException Unsupported(string key, string supported) => MediaException.Unsupported(
        file,
        $"key \"{Path(key)}\" is {(Has(key) ? Shorten(json.GetProperty(key).GetRawText()) : "missing")}, which is not supported",
        $"Supported are: {supported}");

    string Path(string key) => path + key;

    static string Shorten(string text) => text.Length <= 80 ? text : text[..77] + "...";
}
