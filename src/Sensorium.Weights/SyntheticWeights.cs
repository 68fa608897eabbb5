using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Sensorium.Tensors;
using Sensorium.Tensors.Formats;

namespace Sensorium.Weights;

/// <summary>
/// Made-up weights for measuring a model by its shape. Matrices are random with variance 1/inputs, so that activations keep their size;
/// norms are one, biases zero. Every row is a stretch of one random stream, stored once per type and scale, so that gigabytes take seconds.
/// </summary>
static unsafe class SyntheticWeights
{
    const int StreamLength = 1 << 19;

    static readonly ConcurrentDictionary<(DType Type, long Inputs), RawTensor> streams = new();

    /// <summary>Bytes of a weight in the checkpoint's type.</summary>
    public static long Bytes(Weight weight)
    {
        long row = weight.Shape.Count == 0 ? 1 : weight.Shape[^1];
        return row % weight.SourceType.BlockSize() == 0 ? weight.SourceType.ByteCount(weight.Elements) : weight.Elements * 2;
    }

    public static RawTensor Make(Weight weight)
    {
        long[] shape = [.. weight.Shape];
        if (weight.Role is WeightRole.Vector)
            return Constant(weight.Name, shape, weight.Name.EndsWith("bias", StringComparison.Ordinal) ? 0 : 1);
        RawTensor tensor = RawTensor.Allocate(weight.Name, weight.SourceType, shape, "synthetic weights");
        long inputs = Math.Max(1, (long)weight.Inputs);
        RawTensor stream = streams.GetOrAdd((weight.SourceType, inputs), key => Stream(key.Type, key.Inputs));
        long block = weight.SourceType.BlockBytes(), room = stream.ByteLength / block;
        ulong place = 14695981039346656037;
        foreach (char letter in weight.Name)
            place = (place ^ letter) * 1099511628211;
        for (long at = 0; at < tensor.ByteLength;)
        {
            place = place * 6364136223846793005 + 1442695040888963407;
            long first = (long)(place >> 33) % room;
            long bytes = Math.Min(tensor.ByteLength - at, (room - first) * block);
            Buffer.MemoryCopy(stream.Data + first * block, tensor.Data + at, bytes, bytes);
            at += bytes;
        }

        GC.KeepAlive(stream);
        return tensor;
    }

    static RawTensor Constant(string name, long[] shape, float value)
    {
        RawTensor tensor = RawTensor.Allocate(name, DType.F32, shape, "synthetic weights");
        new Span<float>(tensor.Data, checked((int)tensor.Elements)).Fill(value);
        return tensor;
    }

    static RawTensor Stream(DType type, long inputs)
    {
        const uint seed = 20_260_101;
        var random = new Random((int)seed);
        float* values = (float*)NativeMemory.Alloc(StreamLength, sizeof(float));
        try
        {
            float spread = MathF.Sqrt(3f / inputs);
            for (int i = 0; i < StreamLength; i++)
                values[i] = (2 * random.NextSingle() - 1) * spread;
            RawTensor stream = RawTensor.Allocate("stream", type, [StreamLength], "synthetic weights");
            BlockFormats.Quantize(type, values, stream.Data, StreamLength);
            return stream;
        }
        finally
        {
            NativeMemory.Free(values);
        }
    }
}
