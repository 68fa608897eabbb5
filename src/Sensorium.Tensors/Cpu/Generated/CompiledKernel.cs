namespace Sensorium.Tensors.Cpu.Generated;

/// <summary>A kernel that can be called.</summary>
abstract unsafe class CompiledKernel
{
    /// <summary>Runs it on its argument.</summary>
    public abstract void Call(void* argument);
}

/// <summary>A kernel as machine code in executable memory.</summary>
sealed unsafe class NativeKernel(nint address) : CompiledKernel
{
    /// <inheritdoc/>
    /// <remarks>
    /// A call takes microseconds: its callers bound what one does. So it is made without the transition that would let a
    /// garbage collection begin meanwhile, which would cost a good part of a short call.
    /// </remarks>
    public override void Call(void* argument) => ((delegate* unmanaged[SuppressGCTransition]<void*, void>)address)(argument);
}
