using System.Runtime.InteropServices;
using Sensorium.Tensors;
using Sensorium.Tensors.Formats;

namespace Sensorium.Weights;

/// <summary>
/// Writes tensors to a stream in the type they were planned in: widened and stored again a few rows at a time, on all cores.
/// What a row becomes depends on nothing but the row, so the bytes are the same however many cores there are.
/// </summary>
sealed unsafe class TensorRewriter(Stream stream, CancellationToken cancellation) : IDisposable
{
    // Large enough to keep every core busy, small beside any model.
    const long NumbersAtATime = 1 << 22;
    const int Chunk = 1 << 24;

    // Copies that transforms make are freed by the garbage collector, which does not see how large they are.
    const long CopiesBeforeCollection = 256L << 20;

    byte* stored;
    float* wide;
    long room;
    long copies;

    /// <exception cref="CheckpointException">The numbers do not fit the planned type.</exception>
    public void Write(PlannedTensor tensor)
    {
        RawTensor raw = tensor.Fetch();
        if (raw.Type == tensor.Type)
            Copy(raw);
        else
            Convert(raw, tensor);
        raw.Release();
        GC.KeepAlive(raw);
        copies += raw.ByteLength;
        if (copies <= CopiesBeforeCollection)
            return;
        copies = 0;
        GC.Collect(2, GCCollectionMode.Forced, blocking: false);
    }

    public void Dispose()
    {
        NativeMemory.Free(stored);
        NativeMemory.Free(wide);
        stored = null;
        wide = null;
    }

    void Copy(RawTensor raw)
    {
        for (long at = 0; at < raw.ByteLength; at += Chunk)
        {
            cancellation.ThrowIfCancellationRequested();
            stream.Write(raw.Span(at, (int)Math.Min(Chunk, raw.ByteLength - at)));
        }
    }

    void Convert(RawTensor raw, PlannedTensor tensor)
    {
        long row = raw.RowLength, rows = raw.Rows;
        if (row == 0)
            return;
        long atATime = Math.Max(1, NumbersAtATime / row);
        Reserve(Math.Min(atATime, Math.Max(rows, 1)) * row);
        for (long first = 0; first < rows; first += atATime)
        {
            cancellation.ThrowIfCancellationRequested();
            long count = Math.Min(atATime, rows - first);
            var job = new Rows(raw, tensor, first, wide, stored);
            Parallel.For(0L, count, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, job.Run);
            if (job.Fault is { } fault)
                throw new CheckpointException(tensor.Source, raw.Name, fault);
            long bytes = tensor.Type.ByteCount(count * row);
            for (long at = 0; at < bytes; at += Chunk)
                stream.Write(new ReadOnlySpan<byte>(stored + at, (int)Math.Min(Chunk, bytes - at)));
        }
    }

    void Reserve(long numbers)
    {
        if (numbers <= room)
            return;
        wide = (float*)NativeMemory.Realloc(wide, checked((nuint)numbers * sizeof(float)));
        // No type that is written takes more than eight bytes a number.
        stored = (byte*)NativeMemory.Realloc(stored, checked((nuint)numbers * sizeof(double)));
        room = numbers;
    }

    /// <summary>Some rows of one tensor.</summary>
    sealed class Rows(RawTensor raw, PlannedTensor tensor, long first, float* wide, byte* stored)
    {
        const float LargestHalf = 65504;

        readonly long length = raw.RowLength;
        readonly long rowBytes = tensor.Type.ByteCount(raw.RowLength);

        /// <summary>What is wrong with some row; null: nothing.</summary>
        public string? Fault { get; private set; }

        public void Run(long row)
        {
            float* values = wide + row * length;
            BlockFormats.DequantizeRow(raw, first + row, values);
            if (tensor.Type is not (DType.F32 or DType.F64 or DType.BF16) && Bad(values) is { } fault)
            {
                Fault = fault;
                return;
            }

            BlockFormats.Quantize(tensor.Type, values, stored + row * rowBytes, length);
        }

        string? Bad(float* values)
        {
            float largest = 0;
            for (long i = 0; i < length; i++)
            {
                if (!float.IsFinite(values[i]))
                    return $"has a number that is not finite ({values[i]}) and cannot be stored as {tensor.Type}; the checkpoint is damaged or was trained to nowhere";
                largest = MathF.Max(largest, MathF.Abs(values[i]));
            }

            return largest > LargestHalf && tensor.Type is not DType.MXFP4
                ? $"has numbers up to {largest}, beyond the half-precision range of {tensor.Type}; use BF16 or F32"
                : null;
        }
    }
}
