using System.Runtime.InteropServices;
using System.Text.Json;
using Sensorium.Media.Images;
using Sensorium.Weights;

namespace Sensorium.Media.Tests.Support;

/// <summary>A conformance bundle, opened.</summary>
sealed class Bundle : IDisposable
{
    readonly TensorSource? inputs;
    readonly TensorSource? expected;
    readonly JsonDocument json;

    Bundle(string folder)
    {
        Folder = folder;
        json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "case.json")));
        inputs = OpenTensors("inputs.safetensors");
        expected = OpenTensors("expected.safetensors");
    }

    public string Folder { get; }

    public IEnumerable<JsonElement> Checks => json.RootElement.GetProperty("checks").EnumerateArray();

    public static Bundle Open(string name) => new(TestFiles.Bundle(name));

    /// <summary>The path of a check's file, or null where it is not there.</summary>
    public string? FileOf(string file)
    {
        string path = Path.Combine(Folder, file);
        return File.Exists(path) ? path : TestFiles.Outside(file.Replace("../../", "", StringComparison.Ordinal));
    }

    public RawTensorData Input(JsonElement check, string field) => Read(inputs!, check.GetProperty("inputs").GetProperty(field).GetString()!);

    public RawTensorData Expected(JsonElement check, string field) => Read(expected!, check.GetProperty("expected").GetProperty(field).GetString()!);

    public void Dispose()
    {
        json.Dispose();
        inputs?.Dispose();
        expected?.Dispose();
    }

    TensorSource? OpenTensors(string file) =>
        File.Exists(Path.Combine(Folder, file)) ? SafetensorsFile.Open(Path.Combine(Folder, file)) : null;

    static RawTensorData Read(TensorSource source, string name)
    {
        Sensorium.Tensors.RawTensor tensor = source[name];
        return new RawTensorData(tensor.Shape.ToArray(), tensor.Span(0, (int)tensor.ByteLength).ToArray());
    }
}

sealed record RawTensorData(long[] Shape, byte[] Bytes)
{
    public float[] Floats => MemoryMarshal.Cast<byte, float>(Bytes).ToArray();

    public int[] Ints => MemoryMarshal.Cast<byte, int>(Bytes).ToArray();

    public long[] Longs => MemoryMarshal.Cast<byte, long>(Bytes).ToArray();

    /// <summary>[height, width, channels] bytes as a picture.</summary>
    public Image AsImage(ImageMode mode) => new((int)Shape[1], (int)Shape[0], mode, Bytes);
}
