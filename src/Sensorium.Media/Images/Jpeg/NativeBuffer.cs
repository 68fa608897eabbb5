using System.Runtime.InteropServices;

namespace Sensorium.Media.Images.Jpeg;

/// <summary>Bytes outside the managed heap, aligned for vectors and taken from a budget; given back when disposed.</summary>
unsafe sealed class NativeBuffer : IDisposable
{
    readonly MediaBudget.Reservation reservation;

    /// <param name="bytes">How many.</param>
    /// <param name="clear">Whether they must be zero.</param>
    /// <param name="name">The picture's name, for the error where the budget is short.</param>
    /// <param name="budget">What the bytes are taken from.</param>
    public NativeBuffer(long bytes, bool clear, string name, MediaBudget budget)
    {
        reservation = budget.Reserve(name, bytes);
        try
        {
            Pointer = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, 64);
        }
        catch (OutOfMemoryException)
        {
            reservation.Dispose();
            throw;
        }

        if (clear)
        {
            NativeMemory.Clear(Pointer, (nuint)bytes);
        }
    }

    public byte* Pointer { get; private set; }

    public void Dispose()
    {
        if (Pointer != null)
        {
            NativeMemory.AlignedFree(Pointer);
            Pointer = null;
            reservation.Dispose();
        }
    }
}
