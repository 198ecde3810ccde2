"""The methods, one module each: facts, options and ``answer``.

The window reads the facts while it starts, without torch. So a module here must not import torch, or a module that
does, at its top: ``answer`` imports what it computes with. This is the one place for imports inside functions.
A new method is one module that ends with ``METHOD = AttributionMethod(…)`` or ``SecondOrderMethod(…)``; see
``exclip_desktop.core.methods``.
"""
