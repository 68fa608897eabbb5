using System.Text.Json;

namespace Sensorium.Cli.Verify;

/// <summary>A check that cannot be run here, and why: it is skipped, not failed.</summary>
public sealed class SkipException(string reason) : Exception(reason);

/// <summary>One entry of a bundle's <c>checks</c>.</summary>
public sealed class Check(Bundle bundle, JsonElement json)
{
    const string Inputs = "inputs.safetensors";
    const string Expected = "expected.safetensors";

    /// <summary>Whose it is.</summary>
    public Bundle Bundle => bundle;

    /// <summary>The entry itself.</summary>
    public JsonElement Json => json;

    /// <summary>Its name.</summary>
    public string Name => json.GetProperty("name").GetString()!;

    /// <summary>What it computes.</summary>
    public string Kind => json.GetProperty("kind").GetString()!;

    /// <summary>Which part of the model; null for the whole.</summary>
    public string? Component => Text("component");

    /// <summary>Names of the expected fields.</summary>
    public IReadOnlyList<string> ExpectedFields => json.TryGetProperty("expected", out JsonElement expected) ? [.. expected.EnumerateObject().Select(p => p.Name)] : [];

    /// <summary>A string, or null where the key is missing.</summary>
    public string? Text(string key) => json.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>A number, or the default where the key is missing.</summary>
    public double Number(string key, double orElse = double.NaN) => json.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : orElse;

    /// <summary>A whole number, or the default where the key is missing.</summary>
    public int Whole(string key, int orElse = 0) => (int)Number(key, orElse);

    /// <summary>Whether an input is there.</summary>
    public bool HasInput(string field) => json.TryGetProperty("inputs", out JsonElement inputs) && inputs.TryGetProperty(field, out _);

    /// <summary>An input tensor.</summary>
    public Values Input(string field) => Tensor(Inputs, json.GetProperty("inputs").GetProperty(field).GetString()!);

    /// <summary>An input that is another check's expected tensor.</summary>
    public Values InputFrom(string field) => Tensor(Expected, json.GetProperty("inputs_from").GetProperty(field).GetString()!);

    /// <summary>An expected tensor.</summary>
    public Values ExpectedTensor(string field) => Tensor(Expected, json.GetProperty("expected").GetProperty(field).GetString()!);

    /// <summary>How close a field must be; equal where nothing is said.</summary>
    public Tolerance Tolerance(string field)
    {
        if (!json.TryGetProperty("tolerance", out JsonElement all) || !all.TryGetProperty(field, out JsonElement tolerance))
        {
            return Verify.Tolerance.None;
        }

        return new Tolerance(Part("atol"), Part("rtol"));

        double Part(string key) => tolerance.TryGetProperty(key, out JsonElement value) ? value.GetDouble() : 0;
    }

    /// <summary>The files that the check names.</summary>
    /// <exception cref="SkipException">One is not there.</exception>
    public IReadOnlyList<string> Files =>
        [.. json.GetProperty("files").EnumerateArray().Select(file => Find(file.GetString()!))];

    /// <summary>A file that the check names.</summary>
    /// <exception cref="SkipException">It is not there.</exception>
    public string Find(string file) => bundle.Find(file) ?? throw new SkipException($"{file} is not there");

    // A field may name a tensor of another check, whose place is then the other file.
    Values Tensor(string file, string name)
    {
        try
        {
            return bundle.Tensor(file, name);
        }
        catch (Weights.CheckpointException)
        {
            return bundle.Tensor(string.Equals(file, Inputs, StringComparison.Ordinal) ? Expected : Inputs, name);
        }
    }
}
