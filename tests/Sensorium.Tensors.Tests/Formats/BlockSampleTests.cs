using System.Runtime.InteropServices;
using System.Text.Json;
using Sensorium.Tensors.Formats;

namespace Sensorium.Tensors.Tests.Formats;

/// <summary>256 numbers of a small model in each of 27 types: the blocks that llama-quantize 0.5.0 wrote and the floats that ggml's <c>to_float</c> made of them.</summary>
public sealed unsafe class BlockSampleTests
{
    const int Count = 256;

    static readonly Dictionary<DType, (byte[] Blocks, float[] Floats)> samples = Read();

    public static TheoryData<DType> Types => [.. samples.Keys];

    [Theory]
    [MemberData(nameof(Types))]
    public void Blocks_become_the_floats_of_ggml_to_the_bit(DType type)
    {
        (byte[] blocks, float[] expected) = samples[type];
        blocks.LongLength.ShouldBe(type.ByteCount(Count));
        for (int shift = 0; shift < 3; shift++)
        {
            // An odd address, and exactly as many bytes as there are blocks: nothing may ask for alignment or read on.
            byte* source = (byte*)NativeMemory.Alloc((nuint)(blocks.Length + shift));
            var actual = new float[Count + 1];
            actual[Count] = 1234;
            blocks.CopyTo(new Span<byte>(source + shift, blocks.Length));
            fixed (float* p = actual)
                BlockFormats.Dequantize(type, source + shift, p, Count);
            NativeMemory.Free(source);
            MemoryMarshal.AsBytes(actual.AsSpan(0, Count)).SequenceEqual(MemoryMarshal.AsBytes<float>(expected)).ShouldBeTrue();
            actual[Count].ShouldBe(1234);
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Floats_become_the_blocks_of_llama_quantize(DType type)
    {
        if (!BlockFormats.CanQuantize(type))
            return;
        var actual = new byte[type.ByteCount(Count)];
        fixed (float* source = samples[DType.F32].Floats)
        fixed (byte* p = actual)
            BlockFormats.Quantize(type, source, p, Count);
        actual.ShouldBe(samples[type].Blocks);
    }

    [Fact]
    public void The_sample_holds_all_27_types() => samples.Count.ShouldBe(27);

    static Dictionary<DType, (byte[] Blocks, float[] Floats)> Read()
    {
        using Stream stream = typeof(BlockSampleTests).Assembly.GetManifestResourceStream("block-samples.json")!;
        using JsonDocument json = JsonDocument.Parse(stream);
        return json.RootElement.EnumerateObject().ToDictionary(
            type => Enum.Parse<DType>(type.Name),
            type => (type.Value.GetProperty("blocks").GetBytesFromBase64(), MemoryMarshal.Cast<byte, float>(type.Value.GetProperty("floats").GetBytesFromBase64()).ToArray()));
    }
}
