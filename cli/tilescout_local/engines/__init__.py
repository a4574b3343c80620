"""The engines that read text and find symbols behind the emulated AWS APIs."""
